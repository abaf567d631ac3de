import { expect, it } from '@jest/globals';
import { deadLetter, deadLetterIds } from '../dead-letter-messages.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function resumesAReplayThatEndedEarly(harness: TransportHarness): void {
  it('ends a replay at its limit or its signal, says how far it came, and resumes it', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const ids = Array.from({ length: 210 }, (_, index) => `m-${index}`);
      await deadLetter(transport, ids);
      const limited = await transport.deadLetters.replay('work', { limit: 2 });
      expect(limited).toEqual({ replayed: 2, failed: 0, skipped: 0 });
      expect(await deadLetterIds(transport)).toEqual(ids.slice(2));

      const stop = new AbortController();
      const steps: number[] = [];
      const onProgress = ({ replayed }: { readonly replayed: number }): void => {
        steps.push(replayed);
        stop.abort();
      };
      const ended = await transport.deadLetters.replay('work', { onProgress, signal: stop.signal });
      expect(ended).toMatchObject({ replayed: steps.length, failed: 0, skipped: 0 });
      // What was begun is finished, and nothing more begun.
      expect(ended.replayed).toBeGreaterThanOrEqual(1);
      expect(ended.replayed).toBeLessThanOrEqual(100);
      expect(steps).toEqual(steps.map((_, index) => index + 1));
      expect(await deadLetterIds(transport)).toEqual(ids.slice(2 + ended.replayed));
      const rest = ids.length - 2 - ended.replayed;
      expect(await transport.deadLetters.replay('work')).toEqual({ replayed: rest, failed: 0, skipped: 0 });

      const work = await receive(transport, 'work');
      const seen: string[] = [];
      while (seen.length < ids.length) seen.push((await work.complete()).envelope.id);
      expect(seen).toEqual(ids);
    }));
}
