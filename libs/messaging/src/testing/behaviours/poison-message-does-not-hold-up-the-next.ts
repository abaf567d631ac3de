import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function poisonMessageDoesNotHoldUpTheNext(harness: TransportHarness): void {
  it('does not let a poison message hold up the next, at one delivery at a time', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const work = await receive(transport, 'work');
      await transport.send([outgoing('poison'), outgoing('slow poison'), outgoing('good')]);
      (await work.next()).settle({ kind: 'dead-letter', reason: 'Poison', detail: 'It cannot be handled.' });
      (await work.next()).settle({ kind: 'retry', delayMs: 5 * environment.longDelayMs, reason: 'later' });
      expect((await work.complete()).envelope.id).toBe('good');
    }));
}
