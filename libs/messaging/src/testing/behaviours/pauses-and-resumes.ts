import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const pausesAndResumes: Behaviour = {
  sentence: 'receives nothing new while it is paused, settles what is in flight, and goes on when it is resumed',
  async run(environment) {
    const [transport, other] = [await environment.connect(), await environment.connect()];
    const work = await receive(transport, 'work', 3);
    await other.send([outgoing('1')]);
    const running = await work.next();
    await work.subscription.setConcurrency(0);
    await other.send([outgoing('2'), outgoing('3')]);
    const rival = await receive(other, 'work');
    matches(await rival.complete(), { attempt: 1, envelope: { id: '2' } });
    matches(await rival.complete(), { attempt: 1, envelope: { id: '3' } });
    await rival.subscription.stop();
    deepEqual([work.waiting, running.signal.aborted, work.subscription.health().inFlight], [0, false, 1]);
    await environment.advance(2 * environment.lockDurationMs);
    running.settle({ kind: 'complete' });

    await work.subscription.setConcurrency(2);
    await other.send(['4', '5', '6'].map((id) => outgoing(id)));
    const again = [await work.next(), await work.next()];
    deepEqual(again.map(({ envelope, attempt }) => [envelope.id, attempt]).sort(), [
      ['4', 1],
      ['5', 1],
    ]);
    const rest = await receive(other, 'work');
    equal((await rest.complete()).envelope.id, '6');
    equal(work.waiting, 0);
    for (const delivery of again) delivery.settle({ kind: 'complete' });
    deepEqual(work.errors, []);
  },
};
