import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import type { ScheduledMessage } from '../../transport.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const takesBackAScheduledMessage: Behaviour = {
  sentence: 'takes back a scheduled message before its time, by another process as well, and not after it',
  needs: 'cancelScheduled',
  async run(environment) {
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
    deepEqual([...scheduled.keys()].sort(), ['cancelled', 'kept']);
    const cancel = (id: string) => another.cancelScheduled?.(scheduled.get(id) as ScheduledMessage);
    equal(await cancel('cancelled'), true);
    equal(await cancel('cancelled'), false);

    const work = await receive(transport, 'work');
    const atOnce = [(await work.complete()).envelope.id, (await work.complete()).envelope.id];
    deepEqual(atOnce.sort(), ['now', 'past']);
    await environment.advance(60_000);
    equal((await work.complete()).envelope.id, 'kept');
    equal(await cancel('kept'), false);
    await transport.send([outgoing('fence')]);
    equal((await work.complete()).envelope.id, 'fence');
  },
};
