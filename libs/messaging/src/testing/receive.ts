import type { Delivery, Settlement, Subscription, Transport, TransportError } from '../transport.js';

/** A delivery that waits for the test to settle it. */
export interface ReceivedDelivery extends Delivery {
  settle(settlement: Settlement): void;
}

/** A consumer in the hands of a test: every delivery waits until the test settles it. */
export interface Receiver {
  readonly subscription: Subscription;
  /** What the transport reported so far. */
  readonly errors: readonly TransportError[];
  /** Waits for the next delivery. */
  next(): Promise<ReceivedDelivery>;
  /** Waits for the next delivery, completes it and returns it. */
  complete(): Promise<Delivery>;
  /** Deliveries nobody has asked for yet. */
  readonly waiting: number;
}

/** Subscribes a {@link Receiver} to a queue, one delivery at a time by default. */
export async function receive(transport: Transport, queue: string, concurrency = 1): Promise<Receiver> {
  const arrived: ReceivedDelivery[] = [];
  const waiters: ((delivery: ReceivedDelivery) => void)[] = [];
  const errors: TransportError[] = [];
  const consume = (delivery: Delivery): Promise<Settlement> =>
    new Promise((settle) => {
      const received = { ...delivery, settle };
      const waiter = waiters.shift();
      if (waiter === undefined) arrived.push(received);
      else waiter(received);
    });
  const onError = (error: TransportError): number => errors.push(error);
  const subscription = await transport.subscribe(queue, consume, { concurrency, onError });
  const next = async (): Promise<ReceivedDelivery> =>
    arrived.shift() ?? new Promise((resolve) => waiters.push(resolve));
  return {
    subscription,
    errors,
    next,
    async complete() {
      const delivery = await next();
      delivery.settle({ kind: 'complete' });
      return delivery;
    },
    get waiting() {
      return arrived.length;
    },
  };
}
