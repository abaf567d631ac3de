import type { Delivery, SessionOptions, Settlement, Subscription, Transport, TransportError } from '../../transport.js';
import { outgoing } from '../outgoing.js';
import type { ReceivedDelivery } from '../receive.js';

/** The suite's queue that requires sessions. */
export const ordered = 'ordered';

/** Sends messages to the suite's session queue; each name is its session's, and a number: `a1`. */
export function sendOrdered(transport: Transport, ...names: readonly string[]): Promise<void> {
  return transport.send(names.map((name) => outgoing(name, { orderingKey: name.slice(0, 1) }, { queue: ordered })));
}

/** A consumer of sessions in the hands of a test. */
export interface SessionReceiver {
  readonly subscription: Subscription;
  readonly errors: readonly TransportError[];
  /** What was delivered so far and when it was settled, e.g. `a1 attempt 1`. */
  readonly seen: readonly string[];
  /** Deliveries that are not settled, by message. */
  readonly inHand: ReadonlyMap<string, ReceivedDelivery>;
  /** Waits until the message is delivered. */
  of(name: string): Promise<ReceivedDelivery>;
  /** Waits until the message is delivered, and completes it. */
  complete(name: string): Promise<Delivery>;
}

/** Consumes the suite's session queue, some sessions at a time. */
export async function receiveOrdered(
  transport: Transport,
  maxConcurrentSessions = 4,
  options: SessionOptions = {},
): Promise<SessionReceiver> {
  const inHand = new Map<string, ReceivedDelivery>();
  const seen: string[] = [];
  const errors: TransportError[] = [];
  let changed = Promise.withResolvers<void>();
  const consume = (delivery: Delivery): Promise<Settlement> => {
    const { id } = delivery.envelope;
    seen.push(`${id} attempt ${delivery.attempt}`);
    return new Promise((resolve) => {
      const settle = (settlement: Settlement): void => {
        inHand.delete(id);
        resolve(settlement);
      };
      inHand.set(id, { ...delivery, settle });
      changed.resolve();
      changed = Promise.withResolvers();
    });
  };
  const subscription = await transport.subscribe(ordered, consume, {
    concurrency: 100,
    sessions: { maxConcurrentSessions, ...options },
    onError: (error) => errors.push(error),
  });
  const of = async (name: string): Promise<ReceivedDelivery> => {
    for (;;) {
      const delivery = inHand.get(name);
      if (delivery !== undefined) return delivery;
      await changed.promise;
    }
  };
  return {
    subscription,
    errors,
    seen,
    inHand,
    of,
    async complete(name) {
      const delivery = await of(name);
      delivery.settle({ kind: 'complete' });
      return delivery;
    },
  };
}
