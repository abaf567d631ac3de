import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function keepsTheLockOfASlowHandler(harness: TransportHarness): void {
  it('keeps the locks of slow handlers for as long as they run', () =>
    inEnvironment(harness, async (environment) => {
      const [transport, rival] = [await environment.connect(), await environment.connect()];
      const work = await receive(transport, 'work', 3);
      await transport.send([outgoing('1'), outgoing('2'), outgoing('3')]);
      const slow = [await work.next(), await work.next(), await work.next()];
      const watching = await receive(rival, 'work');
      await environment.advance(5 * environment.lockDurationMs);

      expect(slow.map(({ signal }) => signal.aborted)).toEqual([false, false, false]);
      expect(watching.waiting).toBe(0);
      for (const delivery of slow) delivery.settle({ kind: 'complete' });
      await work.subscription.stop();
      await rival.send([outgoing('fence')]);
      expect((await watching.complete()).envelope.id).toBe('fence');
      expect(work.errors).toEqual([]);
    }));
}
