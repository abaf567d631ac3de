import { expect, it } from '@jest/globals';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';

export function givesASessionToOneConsumerAtATime(harness: TransportHarness): void {
  it('gives a session to one consumer at a time, however many there are', () =>
    inEnvironment(harness, async (environment) => {
      const [transport, other] = [await environment.connect(), await environment.connect()];
      await sendOrdered(transport, 'a1', 'a2');
      const first = await receiveOrdered(transport);
      await first.of('a1');
      const second = await receiveOrdered(other);
      await sendOrdered(transport, 'b1', 'a3');
      // Whoever has b1, nobody has a2.
      await Promise.race([first.of('b1'), second.of('b1')]);
      await environment.advance(environment.lockDurationMs * 2);
      expect([...first.inHand.keys(), ...second.inHand.keys()].sort()).toEqual(['a1', 'b1']);
      const completed = first.complete('a1').then(() => Promise.race([first.of('a2'), second.of('a2')]));
      expect((await completed).attempt).toBe(1);
    }));
}
