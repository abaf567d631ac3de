import { randomUUID } from 'node:crypto';
import type { Outgoing, StatementSteps } from '@orderflow/messaging';
import type { HandledEffect, PostgresMessaging } from '@orderflow/messaging/postgres';

interface OrderPaid {
  readonly orderId: string;
}

/** Packs a parcel for each paid order, and tells of it by a message with the parcel's id. */
export const parcels = (
  inbox: PostgresMessaging['inbox'],
  packed: (parcelId: string, order: OrderPaid) => Outgoing,
): StatementSteps<OrderPaid, string, HandledEffect> => ({
  inbox,
  consumer: 'packing',
  prepare: async () => randomUUID(),
  effectOf: (all) => ({
    text: `
      packed AS (
        INSERT INTO parcels (id, order_id)
        SELECT id, order_id
        FROM (SELECT unnest($1::text[]) AS message_id, unnest($2::uuid[]) AS id, unnest($3::text[]) AS order_id) AS paid
        JOIN handled USING (message_id)
        ORDER BY order_id ON CONFLICT (order_id) DO NOTHING RETURNING id
      )`,
    values: [
      all.map(({ message }) => message.id),
      all.map(({ prepared }) => prepared),
      all.map(({ message }) => message.payload.orderId),
    ],
    sends: {
      messages: all.map(({ prepared, message }) => packed(prepared, message.payload)),
      ids: 'SELECT id::text FROM packed',
    },
  }),
});
