import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function stopsAfterInFlightDeliveries(harness: TransportHarness): void {
  it('stops when what is in flight is settled, and takes nothing new', () =>
    inEnvironment(harness, async (environment) => {
      const [transport, other] = [await environment.connect(), await environment.connect()];
      const work = await receive(transport, 'work', 2);
      await transport.send([outgoing('1'), outgoing('2')]);
      const running = [await work.next(), await work.next()];

      let stopped = false;
      const stop = work.subscription.stop().then(() => (stopped = true));
      await other.send([outgoing('3')]);
      running[0]?.settle({ kind: 'complete' });
      const successor = await receive(other, 'work');
      expect((await successor.complete()).envelope.id).toBe('3');
      expect(stopped).toBe(false);
      expect(work.subscription.health()).toMatchObject({ state: 'stopped' });

      running[1]?.settle({ kind: 'complete' });
      await stop;
      expect(work.subscription.health().inFlight).toBe(0);
      expect(running.map(({ signal }) => signal.aborted)).toEqual([false, false]);
      await environment.advance(2 * environment.lockDurationMs);
      await other.send([outgoing('fence')]);
      expect((await successor.complete()).envelope.id).toBe('fence');
      expect(work.waiting).toBe(0);
    }));
}
