import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const keepsTheOrderOfEachKey: Behaviour = {
  sentence: 'keeps the order of the messages of a key, at one delivery at a time, over sends, senders and a pause',
  async run(environment) {
    const keys = ['a', 'b', 'c'];
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    const steps = Array.from({ length: 10 }, (_, step) => step);
    const sending = keys.map(async (key) => {
      const sender = await environment.connect();
      for (const step of steps) {
        await sender.send([0, 1, 2].map((n) => outgoing(`${key}-${3 * step + n}`, { orderingKey: key })));
      }
    });
    const seen: string[] = [];
    while (seen.length < 45) seen.push((await work.complete()).envelope.id);
    const inHand = await work.next();
    await work.subscription.setConcurrency(0);
    inHand.settle({ kind: 'complete' });
    seen.push(inHand.envelope.id);
    await Promise.all(sending);
    await work.subscription.setConcurrency(1);
    while (seen.length < 90) seen.push((await work.complete()).envelope.id);
    for (const key of keys) {
      const ofKey = seen.filter((id) => id.startsWith(`${key}-`));
      deepEqual(
        ofKey,
        Array.from({ length: 30 }, (_, n) => `${key}-${n}`),
      );
    }
  },
};
