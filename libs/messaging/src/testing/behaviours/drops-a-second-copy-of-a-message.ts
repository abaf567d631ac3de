import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const dropsASecondCopyOfAMessage: Behaviour = {
  sentence: 'drops a second copy of a message, but not the copy of its retry or one that is sent by hand later',
  needs: 'duplicateDetection',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m'), outgoing('m')]);
    await transport.send([outgoing('m'), outgoing('next')]);
    (await work.next()).settle({ kind: 'retry', delayMs: 0, reason: 'again' });
    const seen = [await work.complete(), await work.complete()].map(({ envelope, attempt }) => [envelope.id, attempt]);
    deepEqual(seen.sort(), [
      ['m', 2],
      ['next', 1],
    ]);
    const byHand = { ...outgoing('m'), generation: 1 };
    await transport.send([byHand, byHand]);
    equal((await work.complete()).envelope.id, 'm');
    await transport.send([outgoing('fence')]);
    equal((await work.complete()).envelope.id, 'fence');
  },
};
