import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const stopsAfterInFlightDeliveries: Behaviour = {
  sentence: 'stops when what is in flight is settled, and takes nothing new',
  async run(environment) {
    const [transport, other] = [await environment.connect(), await environment.connect()];
    const work = await receive(transport, 'work', 2);
    await transport.send([outgoing('1'), outgoing('2')]);
    const running = [await work.next(), await work.next()];

    let stopped = false;
    const stop = work.subscription.stop().then(() => (stopped = true));
    await other.send([outgoing('3')]);
    running[0]?.settle({ kind: 'complete' });
    const successor = await receive(other, 'work');
    equal((await successor.complete()).envelope.id, '3');
    equal(stopped, false);
    matches(work.subscription.health(), { state: 'stopped' });

    running[1]?.settle({ kind: 'complete' });
    await stop;
    equal(work.subscription.health().inFlight, 0);
    deepEqual(
      running.map(({ signal }) => signal.aborted),
      [false, false],
    );
    await environment.advance(2 * environment.lockDurationMs);
    await other.send([outgoing('fence')]);
    equal((await successor.complete()).envelope.id, 'fence');
    equal(work.waiting, 0);
  },
};
