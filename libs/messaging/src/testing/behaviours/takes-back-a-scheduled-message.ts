import { expect } from '@jest/globals';
import type { ScheduledMessage } from '../../transport.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { itUnlessMissing } from '../it-unless-missing.js';
import type { TransportHarness } from '../transport-harness.js';

export function takesBackAScheduledMessage(harness: TransportHarness): void {
  const behaviour = 'takes back a scheduled message before its time, by another process as well, and not after it';
  itUnlessMissing(harness, 'cancelScheduled', behaviour, async (environment) => {
    const transport = await environment.connect();
    const another = await environment.connect();
    const scheduled = new Map<string, ScheduledMessage>();
    const deliverAt = new Date(environment.now() + 60_000);
    await transport.send(
      [
        { ...outgoing('cancelled'), deliverAt },
        { ...outgoing('kept'), deliverAt },
        { ...outgoing('past'), deliverAt: new Date(environment.now() - 1_000) },
        outgoing('now'),
      ],
      { onScheduled: ({ envelope }, message) => scheduled.set(envelope.id, message) },
    );
    expect([...scheduled.keys()].sort()).toEqual(['cancelled', 'kept']);
    const cancel = (id: string) => another.cancelScheduled?.(scheduled.get(id) as ScheduledMessage);
    expect(await cancel('cancelled')).toBe(true);
    expect(await cancel('cancelled')).toBe(false);

    const work = await receive(transport, 'work');
    const atOnce = [(await work.complete()).envelope.id, (await work.complete()).envelope.id];
    expect(atOnce.sort()).toEqual(['now', 'past']);
    await environment.advance(60_000);
    expect((await work.complete()).envelope.id).toBe('kept');
    expect(await cancel('kept')).toBe(false);
    await transport.send([outgoing('fence')]);
    expect((await work.complete()).envelope.id).toBe('fence');
  });
}
