import { reachBroker } from '../broker/dead-letters-of.js';

/**
 * What a restore gets from the broker, perhaps after it has sent some letters.
 * @throws Problem 503 when the broker does not answer or refuses, 404 when the queue is not there
 */
export function reachBrokerAmidRestore<T>(work: Promise<T>): Promise<T> {
  return reachBroker(work, {
    silent: 'The broker does not answer. What was restored until then stays so; ask again for the rest.',
    refused: 'The broker does not let this service look into the queue, or send to it.',
  });
}
