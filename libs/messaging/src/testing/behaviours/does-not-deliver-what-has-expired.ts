import { expect } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { itUnlessMissing } from '../it-unless-missing.js';
import type { TransportHarness } from '../transport-harness.js';

export function doesNotDeliverWhatHasExpired(harness: TransportHarness): void {
  const waited = 'does not deliver what has waited for longer than its time to live, counted from its time of delivery';
  itUnlessMissing(harness, 'timeToLive', waited, async (environment) => {
    const transport = await environment.connect();
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
  });

  itUnlessMissing(harness, 'timeToLive', 'refuses a time to live that is none', async (environment) => {
    const transport = await environment.connect();
    const sending = transport.send([{ ...outgoing('never'), timeToLiveMs: 0 }]);
    await expect(sending).rejects.toMatchObject({ code: 'InvalidMessage', retryable: false });
  });
}
