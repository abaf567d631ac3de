import { deepEqual, ok } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { deadLetter, deadLetterIds } from '../dead-letter-messages.js';
import { receive } from '../receive.js';

export const resumesAReplayThatEndedEarly: Behaviour = {
  sentence: 'ends a replay at its limit or its signal, says how far it came, and resumes it',
  async run(environment) {
    const transport = await environment.connect();
    const ids = Array.from({ length: 210 }, (_, index) => `m-${index}`);
    await deadLetter(transport, ids);
    const limited = await transport.deadLetters.replay('work', { limit: 2 });
    deepEqual(limited, { replayed: 2, failed: 0, skipped: 0 });
    deepEqual(await deadLetterIds(transport), ids.slice(2));

    const stop = new AbortController();
    const steps: number[] = [];
    const onProgress = ({ replayed }: { readonly replayed: number }): void => {
      steps.push(replayed);
      stop.abort();
    };
    const ended = await transport.deadLetters.replay('work', { onProgress, signal: stop.signal });
    matches(ended, { replayed: steps.length, failed: 0, skipped: 0 });
    // What was begun is finished, and nothing more begun.
    ok(ended.replayed >= 1);
    ok(ended.replayed <= 100);
    deepEqual(
      steps,
      steps.map((_, index) => index + 1),
    );
    deepEqual(await deadLetterIds(transport), ids.slice(2 + ended.replayed));
    const rest = ids.length - 2 - ended.replayed;
    deepEqual(await transport.deadLetters.replay('work'), { replayed: rest, failed: 0, skipped: 0 });

    const work = await receive(transport, 'work');
    const seen: string[] = [];
    while (seen.length < ids.length) seen.push((await work.complete()).envelope.id);
    deepEqual(seen, ids);
  },
};
