import {
  causeOf,
  type Consumer,
  type ConsumerOptions,
  createEnvelopeWriter,
  handle,
  type MemoryMessaging,
  startConsumer,
  type Transport,
} from '@orderflow/messaging';
import { orderPaid, parcelsPacked } from './contracts.js';
import type { Printer } from './printer.js';

export interface ShippingOptions extends Pick<ConsumerOptions, 'clock' | 'wait' | 'onError'> {
  readonly transport: Transport;
  /** With a database: `createPostgresMessaging({ pool })`. */
  readonly messaging: MemoryMessaging;
  readonly printer: Printer;
}

/** A service without a framework: packs the parcels of paid orders. Its handler asks the printer before its transaction. */
export function startShipping({ messaging, printer, ...options }: ShippingOptions): Promise<Consumer> {
  const write = createEnvelopeWriter('/shipping');
  const pack = handle(
    orderPaid,
    {
      inbox: messaging.inbox,
      consumer: 'shipping',
      prepare: ({ payload }, signal) => printer.print(payload.orderId, signal),
      async commit(_label, tx, message) {
        const { orderId } = message.payload;
        const envelope = write(parcelsPacked, { orderId }, { orderingKey: orderId, cause: causeOf(message) });
        await messaging.outbox.add(tx, [{ to: { topic: 'events' }, envelope }]);
      },
    },
    { retry: { delayed: [1_800_000], jitter: 'none' } },
  );
  return startConsumer({ ...options, queue: 'shipping', handlers: [pack], concurrency: 8 });
}
