import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';
import { whileTimePasses } from '../while-time-passes.js';

export const waitingSessionsLeaveHalfOfThePlaces: Behaviour = {
  sentence: 'goes on with other sessions when more wait to be tried again than it has places',
  needs: 'sessions',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receiveOrdered(transport, 2);
    for (const name of ['a1', 'b1', 'c1', 'd1']) {
      await sendOrdered(transport, name);
      (await whileTimePasses(environment, 250, work.of(name))).settle({
        kind: 'retry',
        delayMs: 60_000,
        reason: 'not yet',
      });
    }
    await sendOrdered(transport, 'e1');
    // Those that do not wait in a place of their own are looked at in turn.
    await whileTimePasses(environment, 250, work.complete('e1'));
    deepEqual(
      work.seen,
      ['a1', 'b1', 'c1', 'd1', 'e1'].map((name) => `${name} attempt 1`),
    );

    const waited = Promise.all(['a1', 'b1', 'c1', 'd1'].map((name) => work.complete(name)));
    const again = await whileTimePasses(environment, 5_000, waited);
    deepEqual(
      again.map(({ attempt }) => attempt),
      [2, 2, 2, 2],
    );
  },
};
