import type { DeadLetters, Transport } from '@orderflow/messaging';
import { Problem, StartupError } from '@orderflow/service-kit';

/**
 * The dead letters of the broker that a transport reaches.
 * @throws StartupError for a transport without
 */
export function deadLettersOf({ deadLetters }: Transport): DeadLetters {
  if (deadLetters) return deadLetters;
  throw new StartupError('This broker does not show its dead letters: set OPS to false.');
}

/** What a request that the broker did not serve is told. */
interface BrokerTroubles {
  /** Where it does not answer. */
  readonly silent: string;
  /** Where it does not let this process do that. */
  readonly refused: string;
}

const looking: BrokerTroubles = {
  silent: 'The broker does not answer. Nothing was changed; try again.',
  refused: 'The broker does not let this service look: it needs the right to listen to the queue.',
};

/**
 * What a request gets from the broker.
 * @param troubles those of one that only looks by default
 * @throws Problem 503 when the broker does not answer or does not let this process ask, 404 when the queue is not there
 */
export async function reachBroker<T>(work: Promise<T>, troubles: BrokerTroubles = looking): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    if (code === 'QueueNotFound') {
      throw new Problem(404, 'queue-not-found', 'The broker has no such queue or subscription.', { cause: error });
    }
    const detail = code === 'Unauthorized' ? troubles.refused : troubles.silent;
    throw new Problem(503, 'broker-unavailable', detail, { cause: error, headers: { 'retry-after': '5' } });
  }
}
