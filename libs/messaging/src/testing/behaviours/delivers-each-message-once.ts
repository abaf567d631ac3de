import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const deliversEachMessageOnce: Behaviour = {
  sentence: 'delivers each message once, to competing consumers of a queue',
  async run(environment) {
    const [producer, one, two] = [
      await environment.connect(),
      await environment.connect(),
      await environment.connect(),
    ];
    const ids = Array.from({ length: 40 }, (_, index) => `m-${index}`);
    const receivers = [await receive(one, 'work', 4), await receive(two, 'work', 4)];
    await producer.send(ids.map((id) => outgoing(id)));

    const seen: string[] = [];
    let finish = (): void => {};
    const all = new Promise<void>((resolve) => (finish = resolve));
    for (const receiver of receivers) {
      void (async () => {
        for (;;) {
          seen.push((await receiver.complete()).envelope.id);
          if (seen.length >= ids.length) finish();
        }
      })();
    }
    await all;
    await one.close();
    await two.close();
    await environment.advance(2 * environment.lockDurationMs);

    const late = await receive(producer, 'work');
    await producer.send([outgoing('fence')]);
    equal((await late.complete()).envelope.id, 'fence');
    deepEqual(seen.sort(), ids.sort());
  },
};
