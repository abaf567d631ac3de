import { outgoing } from './outgoing.js';
import { receive } from './receive.js';
import type { TestedTransport } from './transport-harness.js';

/** Sends messages with these ids to queue `work` and has each dead-lettered, in this order. */
export async function deadLetter(transport: TestedTransport, ids: readonly string[]): Promise<void> {
  const work = await receive(transport, 'work');
  await transport.send(ids.map((id) => outgoing(id)));
  for (let count = 0; count < ids.length; count += 1) {
    (await work.next()).settle({ kind: 'dead-letter', reason: 'Refused', detail: 'The test wanted it so.' });
  }
  await work.subscription.stop();
}

/** The ids in the dead-letter queue of `work`, oldest first; at most 250. */
export async function deadLetterIds(transport: TestedTransport): Promise<readonly string[]> {
  const { letters } = await transport.deadLetters.peek('work', { limit: 250 });
  return letters.map(({ id }) => id);
}
