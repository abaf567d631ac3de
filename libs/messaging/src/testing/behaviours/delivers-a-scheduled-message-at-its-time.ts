import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function deliversAScheduledMessageAtItsTime(harness: TransportHarness): void {
  it('delivers a scheduled message at its time, and what was scheduled for the past at once', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const work = await receive(transport, 'work');
      await transport.send([
        { ...outgoing('later'), deliverAt: new Date(environment.now() + environment.longDelayMs) },
        { ...outgoing('past'), deliverAt: new Date(environment.now() - environment.longDelayMs) },
        outgoing('now'),
      ]);
      const atOnce = [(await work.complete()).envelope.id, (await work.complete()).envelope.id];
      expect(atOnce.sort()).toEqual(['now', 'past']);
      await environment.advance(environment.longDelayMs);
      expect(await work.complete()).toMatchObject({ attempt: 1, envelope: { id: 'later' } });
    }));
}
