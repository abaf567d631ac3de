import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const deliversAScheduledMessageAtItsTime: Behaviour = {
  sentence: 'delivers a scheduled message at its time, and what was scheduled for the past at once',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    await transport.send([
      { ...outgoing('later'), deliverAt: new Date(environment.now() + environment.longDelayMs) },
      { ...outgoing('past'), deliverAt: new Date(environment.now() - environment.longDelayMs) },
      outgoing('now'),
    ]);
    const atOnce = [(await work.complete()).envelope.id, (await work.complete()).envelope.id];
    deepEqual(atOnce.sort(), ['now', 'past']);
    await environment.advance(environment.longDelayMs);
    matches(await work.complete(), { attempt: 1, envelope: { id: 'later' } });
  },
};
