import { expect, it } from '@jest/globals';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';

export function deliversASessionInItsOrder(harness: TransportHarness): void {
  it('delivers a session in its order, one at a time, and several sessions beside each other', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      await sendOrdered(transport, 'a1', 'a2', 'b1', 'a3', 'b2', 'c1');
      const work = await receiveOrdered(transport);
      await Promise.all(['a1', 'b1', 'c1'].map((name) => work.of(name)));
      expect([...work.inHand.keys()].sort()).toEqual(['a1', 'b1', 'c1']);
      expect((await work.of('a1')).session?.id).toBe('a');
      await work.complete('a1');
      await work.of('a2');
      expect([...work.inHand.keys()].sort()).toEqual(['a2', 'b1', 'c1']);
      for (const name of ['a2', 'a3', 'b1', 'b2', 'c1']) await work.complete(name);
      expect(work.seen.filter((line) => line.startsWith('a'))).toEqual([
        'a1 attempt 1',
        'a2 attempt 1',
        'a3 attempt 1',
      ]);
      await sendOrdered(transport, 'a4');
      await work.complete('a4');
      expect(work.errors).toEqual([]);
    }));
}
