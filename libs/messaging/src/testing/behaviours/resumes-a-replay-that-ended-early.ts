import { expect, it } from '@jest/globals';
import { deadLetter, deadLetterIds } from '../dead-letter-messages.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function resumesAReplayThatEndedEarly(harness: TransportHarness): void {
  it('ends a replay at its maximum or its signal, says how far it came, and resumes it', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      await deadLetter(transport, ['1', '2', '3', '4', '5']);
      expect(await transport.deadLetters.replay('work', { max: 2 })).toEqual({ replayed: 2, remaining: 3 });
      expect(await deadLetterIds(transport)).toEqual(['3', '4', '5']);

      const stop = new AbortController();
      const steps: number[] = [];
      const onProgress = ({ replayed }: { readonly replayed: number }): void => {
        steps.push(replayed);
        stop.abort();
      };
      const ended = await transport.deadLetters.replay('work', { onProgress, signal: stop.signal });
      expect(ended).toEqual({ replayed: 1, remaining: 2 });
      expect(steps).toEqual([1]);
      expect(await transport.deadLetters.replay('work')).toEqual({ replayed: 2, remaining: 0 });

      const work = await receive(transport, 'work');
      const seen: string[] = [];
      while (seen.length < 5) seen.push((await work.complete()).envelope.id);
      expect(seen).toEqual(['1', '2', '3', '4', '5']);
    }));
}
