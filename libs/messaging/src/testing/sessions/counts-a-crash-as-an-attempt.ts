import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';
import { whileTimePasses } from '../while-time-passes.js';

export const countsACrashAsAnAttempt: Behaviour = {
  sentence: 'counts each process that died with a message in hand, also after a retry, and only for that message',
  needs: 'sessions',
  async run(environment) {
    const sender = await environment.connect();
    await sendOrdered(sender, 'a1', 'a2');
    const first = await environment.connect();
    const doomed = await receiveOrdered(first);
    await doomed.complete('a1');
    (await doomed.of('a2')).settle({ kind: 'retry', delayMs: 0, reason: 'once' });
    await doomed.of('a2');
    for (let crashed: typeof first = first, attempt = 3; attempt < 5; attempt += 1) {
      await environment.crash(crashed);
      crashed = await environment.connect();
      const next = await receiveOrdered(crashed);
      const taken = await whileTimePasses(environment, 5_000, next.of('a2'));
      deepEqual([taken.attempt, taken.unsettled], [attempt, attempt - 2]);
      if (attempt < 4) continue;
      await next.complete('a2');
      await sendOrdered(sender, 'a3');
      matches(await next.complete('a3'), { attempt: 1, unsettled: 0 });
    }
  },
};
