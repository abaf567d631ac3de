import { deepEqual, equal } from 'node:assert/strict';
import type { Delivery, Settlement } from '../../transport.js';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { whileTimePasses } from '../while-time-passes.js';

const atOnce = 100;
const rounds = 10;

export const survivesAThousandLostLocks: Behaviour = {
  sentence: 'is stopped by no number of lost locks: a thousand messages are taken from it, and it gets each again',
  async run(environment) {
    const [transport, sender] = [await environment.connect(), await environment.connect()];
    const lost: string[] = [];
    const again = new Set<string>();
    let inHand = Promise.withResolvers<void>();
    let handled = Promise.withResolvers<void>();
    let holding = 0;
    let expected = 0;
    const notify = (): void => {
      if (again.has('fence') || (again.size === expected && lost.length === expected)) handled.resolve();
    };
    const consume = async ({ attempt, envelope: { id }, signal }: Delivery): Promise<Settlement> => {
      if (id !== 'fence' && attempt === 1) {
        holding += 1;
        if (holding === atOnce) inHand.resolve();
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        lost.push(id);
        notify();
        return { kind: 'complete' };
      }
      again.add(id);
      notify();
      return { kind: 'complete' };
    };
    const subscription = await transport.subscribe('work', consume, { concurrency: atOnce, onError: () => {} });
    for (let round = 0; round < rounds; round += 1) {
      holding = 0;
      expected += atOnce;
      inHand = Promise.withResolvers();
      handled = Promise.withResolvers();
      await sender.send(Array.from({ length: atOnce }, (_, n) => outgoing(`${round}-${n}`)));
      await inHand.promise;
      await environment.loseLocks('work');
      await whileTimePasses(environment, environment.lockDurationMs, handled.promise);
    }
    deepEqual([lost.length, again.size], [rounds * atOnce, rounds * atOnce]);
    handled = Promise.withResolvers();
    await sender.send([outgoing('fence')]);
    await handled.promise;
    equal(subscription.health().state, 'running');
  },
};
