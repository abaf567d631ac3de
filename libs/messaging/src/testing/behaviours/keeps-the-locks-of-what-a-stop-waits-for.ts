import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function keepsTheLocksOfWhatAStopWaitsFor(harness: TransportHarness): void {
  it('keeps the locks of what a stop waits for', () =>
    inEnvironment(harness, async (environment) => {
      const [transport, rival] = [await environment.connect(), await environment.connect()];
      const work = await receive(transport, 'work');
      await transport.send([outgoing('m')]);
      const running = await work.next();
      const stopped = work.subscription.stop(10 * environment.lockDurationMs);
      const watching = await receive(rival, 'work');
      await environment.advance(3 * environment.lockDurationMs);

      expect(running.signal.aborted).toBe(false);
      expect(watching.waiting).toBe(0);
      running.settle({ kind: 'complete' });
      await stopped;
      await rival.send([outgoing('fence')]);
      expect((await watching.complete()).envelope.id).toBe('fence');
      expect(work.errors).toEqual([]);
    }));
}
