import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function fansOutToTheSubscriptionsOfATopic(harness: TransportHarness): void {
  it('gives each subscription of a topic its own copy of the types it asked for', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const to = { topic: 'happenings' };
      await transport.send([
        outgoing('1', { type: 'work.happened' }, to),
        outgoing('2', { type: 'other.happened' }, to),
      ]);
      const [work, other] = [await receive(transport, 'work'), await receive(transport, 'other')];

      expect((await work.complete()).envelope.id).toBe('1');
      expect((await work.complete()).envelope.id).toBe('2');
      expect((await other.complete()).envelope.id).toBe('2');
    }));
}
