import { AbortScope, type DeliveryFacts, newDelivery } from '../abort-scope.js';
import { type Consume, type Settlement, TransportError } from '../transport.js';

/**
 * One delivery while its consumer works on it. Ends with what the consumer returned, with a release when we gave up
 * waiting for it, or with nothing to apply when the lock was lost.
 */
export class RunningDelivery {
  readonly #scope = new AbortScope();
  #lockLost = false;
  #giveUp: ((settlement: Settlement) => void) | undefined;

  get signal(): AbortSignal {
    return this.#scope.signal;
  }

  get aborted(): boolean {
    return this.#scope.aborted;
  }

  /** True once another consumer may have the message: settling it is pointless from then on. */
  get lockLost(): boolean {
    return this.#lockLost;
  }

  /** Aborts the consumer: its work will not count. */
  loseLock(): void {
    this.#lockLost = true;
    this.#scope.abort(new Error('The lock on this message was lost: another consumer may be handling it.'));
  }

  /** Asks the consumer to end, and goes on waiting for its settlement. */
  abort(reason: Error): void {
    this.#scope.abort(reason);
  }

  /** Stops waiting for the consumer; the delivery is released whatever it still does. */
  release(): void {
    this.#scope.abort(new Error('The subscription is stopping and its drain timeout has passed.'));
    this.#giveUp?.({ kind: 'release' });
  }

  /** What becomes of the delivery. Rejects with `ConsumerRejected` when `consume` breaks its promise not to. */
  settlement(consume: Consume, facts: DeliveryFacts): Promise<Settlement> {
    return new Promise((resolve, reject) => {
      this.#giveUp = resolve;
      const refuse = (cause: unknown): void => reject(consumerRejected(facts, cause));
      try {
        consume(newDelivery(this.#scope, facts)).then(resolve, refuse);
      } catch (error) {
        refuse(error);
      }
    });
  }
}

function consumerRejected({ envelope, queue }: DeliveryFacts, cause: unknown): TransportError {
  const message = `The consumer of "${queue}" rejected on message ${envelope.id} instead of settling it: its lock runs out.`;
  return new TransportError('ConsumerRejected', message, true, { cause });
}
