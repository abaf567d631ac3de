import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const retriesAfterADelayToThisQueueOnly: Behaviour = {
  sentence: 'retries after the delay, to this queue only, with the next attempt and the same envelope',
  async run(environment) {
    const transport = await environment.connect();
    const [work, other] = [await receive(transport, 'work'), await receive(transport, 'other')];
    const message = outgoing('m', { type: 'other.happened' }, { topic: 'happenings' });
    await transport.send([message]);
    await other.complete();
    (await work.next()).settle({ kind: 'retry', delayMs: environment.longDelayMs, reason: 'not yet' });

    await transport.send([outgoing('before')]);
    equal((await work.complete()).envelope.id, 'before');
    // A broker's time goes on by itself as well: what is left has to last for the next delivery.
    await environment.advance(environment.longDelayMs / 2);
    await transport.send([outgoing('still before')]);
    equal((await work.complete()).envelope.id, 'still before');
    await environment.advance(environment.longDelayMs / 2);

    const second = await work.complete();
    equal(second.attempt, 2);
    deepEqual(
      { ...second.envelope, body: [...second.envelope.body] },
      {
        ...message.envelope,
        body: [...message.envelope.body],
      },
    );
    await transport.send([outgoing('fence', {}, { queue: 'other' })]);
    equal((await other.complete()).envelope.id, 'fence');
  },
};
