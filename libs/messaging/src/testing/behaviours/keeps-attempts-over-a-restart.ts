import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const keepsAttemptsOverARestart: Behaviour = {
  sentence: 'keeps the attempt of a message, and its delay, over a restart of the broker',
  incident: 'restart',
  async run(environment) {
    const before = await environment.connect();
    const doomed = await receive(before, 'work');
    await before.send([outgoing('once'), outgoing('twice')]);
    const retry = async (id: string, attempt: number): Promise<void> => {
      const delivery = await doomed.next();
      deepEqual([delivery.envelope.id, delivery.attempt], [id, attempt]);
      const delayMs = id === 'twice' && attempt === 1 ? 0 : environment.longDelayMs;
      delivery.settle({ kind: 'retry', delayMs, reason: `${id} failed at ${attempt}` });
    };
    await retry('once', 1);
    await retry('twice', 1);
    await retry('twice', 2);
    await before.close();
    await environment.restart();

    const work = await receive(await environment.connect(), 'work');
    await environment.advance(environment.longDelayMs);
    const seen = [await work.complete(), await work.complete()];
    deepEqual(seen.map(({ envelope, attempt, firstFailure }) => [envelope.id, attempt, firstFailure]).sort(), [
      ['once', 2, 'once failed at 1'],
      ['twice', 3, 'twice failed at 1'],
    ]);
  },
};
