import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function releasesWhatOutlastsAStop(harness: TransportHarness): void {
  it('releases what outlasts the drain timeout of a stop, and aborts the handler', () =>
    inEnvironment(harness, async (environment) => {
      const [transport, other] = [await environment.connect(), await environment.connect()];
      const work = await receive(transport, 'work');
      await transport.send([outgoing('m')]);
      const endless = await work.next();
      const stop = work.subscription.stop(3 * environment.longDelayMs);
      await environment.advance(2 * environment.longDelayMs);
      expect(endless.signal.aborted).toBe(false);
      await environment.advance(environment.longDelayMs);
      await stop;
      expect(endless.signal.aborted).toBe(true);
      endless.settle({ kind: 'complete' });

      const successor = await receive(other, 'work');
      expect(await successor.complete()).toMatchObject({ attempt: 1, envelope: { id: 'm' } });
    }));
}
