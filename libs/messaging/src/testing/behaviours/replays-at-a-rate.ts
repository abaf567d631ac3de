import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { deadLetter, deadLetterIds } from '../dead-letter-messages.js';

const rate = 10;
const apartMs = 1_000 / rate;
/** So much of being late is made up for. */
const madeUpMs = 20;

export const replaysAtARate: Behaviour = {
  sentence: 'replays no faster than the rate it is given, tells of each letter, and waits for none after its signal',
  async run(environment) {
    const transport = await environment.connect();
    await deadLetter(transport, ['1', '2', '3', '4']);
    const stop = new AbortController();
    const seen: (readonly [id: string, afterMs: number])[] = [];
    const from = environment.now();
    const begun = Promise.withResolvers<void>();
    let isDone = false;
    const replay = transport.deadLetters.replay('work', {
      rate,
      signal: stop.signal,
      onReplayed: ({ id }) => {
        seen.push([id, environment.now() - from]);
        begun.resolve();
        if (seen.length === 3) stop.abort();
      },
    });
    const done = replay.finally(() => (isDone = true));
    // The first waits for no rate. Were time to pass while it is received, its lock would run out.
    await Promise.race([begun.promise, done]);
    while (!isDone) await Promise.race([done, environment.advance(apartMs / 4)]);
    equal((await replay).replayed, 3);
    deepEqual(
      seen.map(([id]) => id),
      ['1', '2', '3'],
    );
    seen.forEach(([id, afterMs], n) => ok(afterMs >= n * apartMs - madeUpMs, `${id} came after ${afterMs} ms`));
    deepEqual(await deadLetterIds(transport), ['4']);
    equal((await transport.deadLetters.replay('work')).replayed, 1);
    await rejects(transport.deadLetters.replay('work', { rate: 0 }), { code: 'InvalidOptions' });
  },
};
