import { type Order, orderPlace } from '@orderflow/contracts';
import type { OrderView } from '../../orders/order-view.js';
import type { RedactBody, ShownBody } from '../payload/redact-payload.js';

/** An order as its contract lets it be seen; null while it is not known in full. */
export function showOrder(view: OrderView, show: RedactBody): ShownBody | null {
  const { id: orderId, customerId, currency, total, lines, createdAt, scheduledFor } = view;
  if (customerId === null || currency === null || total === null || lines === null || createdAt === null) return null;
  const order: Order = {
    ...{ orderId, customerId, currency, lines, total, createdAt },
    ...(scheduledFor !== undefined && { scheduledFor }),
  };
  const { type, version } = orderPlace;
  return show({ type, version, body: Buffer.from(JSON.stringify(order)) });
}
