import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function survivesALostConnection(harness: TransportHarness): void {
  it('survives a lost connection: goes on receiving and sending, and nothing is lost', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const work = await receive(transport, 'work');
      await transport.send([outgoing('1'), outgoing('2')]);
      const running = await work.next();
      await environment.interrupt();
      running.settle({ kind: 'complete' });
      await transport.send([outgoing('3')]);

      const seen = new Set<string>();
      while (!seen.has('2') || !seen.has('3')) seen.add((await work.complete()).envelope.id);
      expect([...seen].filter((id) => id !== '1').sort()).toEqual(['2', '3']);
      expect(work.subscription.health().state).toBe('running');
    }));
}
