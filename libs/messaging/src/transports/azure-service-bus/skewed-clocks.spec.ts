import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import type { Clock } from '../../clock.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';

let environment: ServiceBusEnvironment;
beforeEach(async () => {
  environment = await ServiceBusEnvironment.start();
});
afterEach(() => environment.close());

/** The same time as `clock` has, on a machine that is `ms` ahead of it. */
function ahead(clock: Clock, ms: number): Clock {
  return {
    now: () => clock.now() + ms,
    elapsed: () => clock.elapsed(),
    schedule: (at, action) => clock.schedule(at - ms, action),
  };
}

it.each([-60_000, 60_000, -600_000, 600_000])(
  'keeps the locks of slow handlers on a machine whose clock is %d ms off, also in a backlog',
  async (ms) => {
    const [transport, rival] = [
      await environment.connect({ clock: ahead(environment.clock, ms), stallAfterMs: 600_000 }),
      await environment.connect(),
    ];
    await rival.send([outgoing('1'), outgoing('2')]);
    // They wait for longer than a lock lasts before anybody comes.
    await environment.advance(3 * environment.lockDurationMs);
    const work = await receive(transport, 'work', 2);
    const slow = [await work.next(), await work.next()];
    const watching = await receive(rival, 'work');
    await environment.advance(4 * environment.lockDurationMs);
    expect(slow.map(({ signal }) => signal.aborted)).toEqual([false, false]);
    expect(watching.waiting).toBe(0);
    for (const delivery of slow) delivery.settle({ kind: 'complete' });
    await work.subscription.stop();
    await rival.send([outgoing('fence')]);
    expect((await watching.complete()).envelope.id).toBe('fence');
    expect(work.errors).toEqual([]);
  },
);
