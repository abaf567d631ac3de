import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

/** For brokers with the capability `timeToLive`. */
export function doesNotDeliverWhatHasExpired(harness: TransportHarness): void {
  it('does not deliver what has waited for longer than its time to live, counted from its time of delivery', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      if (!transport.capabilities.timeToLive) return;
      const deliverAt = new Date(environment.now() + 60_000);
      await transport.send([
        { ...outgoing('short'), timeToLiveMs: 30_000 },
        { ...outgoing('long'), timeToLiveMs: 300_000 },
        { ...outgoing('scheduled'), deliverAt, timeToLiveMs: 30_000 },
      ]);
      await environment.advance(60_000);
      const work = await receive(transport, 'work');
      const delivered = [(await work.complete()).envelope.id, (await work.complete()).envelope.id];
      expect(delivered.sort()).toEqual(['long', 'scheduled']);
      await transport.send([outgoing('fence')]);
      expect((await work.complete()).envelope.id).toBe('fence');
    }));

  it('refuses a time to live that is none', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      if (!transport.capabilities.timeToLive) return;
      const sending = transport.send([{ ...outgoing('never'), timeToLiveMs: 0 }]);
      await expect(sending).rejects.toMatchObject({ code: 'InvalidMessage', retryable: false });
    }));
}
