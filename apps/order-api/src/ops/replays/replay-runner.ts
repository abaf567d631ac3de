import { performance } from 'node:perf_hooks';
import type { DeadLetters } from '@orderflow/messaging';
import type { PostgresMessaging } from '@orderflow/messaging/postgres';
import type { Pool } from 'pg';
import { endReplay } from './change-replay.js';
import type { Confirm } from './confirmations.js';
import { decideReplay } from './decide-replay.js';
import {
  claim,
  countStage,
  type LetterOutcome,
  markConfirmed,
  markFailedAgain,
  readActive,
  readUndecided,
  readUnknown,
  recordOutcomes,
  type ReplayLetter,
} from './replay-letters.js';
import type { ReplayRow } from './replay-store.js';

export interface ReplayRunnerOptions {
  readonly pool: Pool;
  readonly messaging: Pick<PostgresMessaging, 'transaction'>;
  readonly deadLetters: Pick<DeadLetters, 'replay' | 'read'>;
  readonly confirm: Confirm;
  /** Called with what keeps one replay from going on; the others do. */
  readonly onError: (error: unknown, replayId: string) => void;
  /** Milliseconds since some moment, never set back; the machine's by default. */
  readonly now?: () => number;
}

/** Letters of one pass through a dead-letter queue, where no rate says less. */
const mostAtOnce = 1_000;

/**
 * Moves every replay on by a step. All it knows is in the database: whoever leads next goes on from there. A letter is
 * marked before it is sent; when the process dies before it could say what became of it, the next one looks: what is
 * still there is sent again, and its copy recognised by duplicate detection or by the inbox; what is gone was sent.
 */
export class ReplayRunner {
  readonly #options: ReplayRunnerOptions;
  readonly #now: () => number;
  readonly #lastSent = new Map<string, number>();

  constructor(options: ReplayRunnerOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Resolves with whether there is more to do at once. */
  async step(signal: AbortSignal): Promise<boolean> {
    let isBusy = false;
    for (const replay of await readActive(this.#options.pool)) {
      if (signal.aborted) return false;
      try {
        isBusy = (await this.#advance(replay, signal)) || isBusy;
      } catch (error) {
        if (!signal.aborted) this.#options.onError(error, replay.id);
      }
    }
    return isBusy;
  }

  async #advance(replay: ReplayRow, signal: AbortSignal): Promise<boolean> {
    const { pool, messaging } = this.#options;
    if (replay.state !== 'running') await this.#resolveUnknown(replay);
    await markFailedAgain(pool, replay);
    await this.#confirm(replay, signal);
    if (replay.state !== 'running') return false;
    const { stop_ratio: stopRatio, stop_at_least: stopAtLeast, confirm_ms: confirmMs, stage, stages } = replay;
    const limits = { stopRatio, stopAtLeast, confirmMs, stage, stages: stages.length };
    const step = decideReplay({ ...(await countStage(pool, replay)), ...limits });
    switch (step.kind) {
      case 'send':
        return this.#send(replay, signal);
      case 'wait':
        return false;
      case 'next-stage':
        await pool.query("UPDATE ops_replays SET stage = $2 WHERE id = $1 AND stage = $2 - 1 AND state = 'running'", [
          replay.id,
          stage + 1,
        ]);
        return true;
      case 'pause':
        await pool.query("UPDATE ops_replays SET state = 'paused', why = $2 WHERE id = $1 AND state = 'running'", [
          replay.id,
          step.why,
        ]);
        return false;
      case 'stop':
      case 'finish':
        this.#lastSent.delete(replay.id);
        await messaging.transaction((tx) =>
          step.kind === 'stop' ? endReplay(tx, replay.id, 'stopped', step.why) : endReplay(tx, replay.id, 'done', null),
        );
        return false;
    }
  }

  async #confirm(replay: ReplayRow, signal: AbortSignal): Promise<void> {
    const { pool, confirm, onError } = this.#options;
    const undecided = await readUndecided(pool, replay.id);
    if (undecided.length === 0) return;
    try {
      const handled = await confirm(replay.target, undecided, signal);
      if (handled && handled.size > 0) await markConfirmed(pool, replay.id, [...handled]);
    } catch (error) {
      // Without an answer they stay as they are; the replay waits for somebody when that lasts.
      if (!signal.aborted) onError(error, replay.id);
    }
  }

  async #send(replay: ReplayRow, signal: AbortSignal): Promise<boolean> {
    const { messaging } = this.#options;
    const letters = await messaging.transaction((tx) => claim(tx, replay, this.#allowance(replay)));
    if (letters.length === 0) return false;
    this.#lastSent.set(replay.id, this.#now());
    const outcomes = await this.#pass(replay, letters, signal);
    await messaging.transaction((tx) => recordOutcomes(tx, replay, outcomes));
    return replay.rate === null && outcomes.some(({ state }) => state === 'sent');
  }

  /** Sends letters through one pass; what it ends with an error for is tried again as a whole. */
  async #pass(
    replay: ReplayRow,
    letters: readonly ReplayLetter[],
    signal: AbortSignal,
  ): Promise<readonly LetterOutcome[]> {
    const { queue, target } = replay;
    const seen = new Set<string>();
    const refused = new Map<string, string>();
    const { skipped } = await this.#options.deadLetters.replay(queue, {
      to: target,
      places: new Set(letters.map(({ place }) => place)),
      ...attemptsOf(replay),
      filter: ({ place }) => {
        seen.add(place);
        return true;
      },
      onFailed: ({ place }, error) => refused.set(place, error.message.slice(0, 300)),
      signal,
    });
    // Somebody else may have had some in hand, or the pass was cut short: those are still there.
    const left = skipped > 0 || signal.aborted ? await this.#stillThere(queue, letters) : new Set<string>();
    return letters.map(({ n, place, isTriedBefore }): LetterOutcome => {
      const detail = refused.get(place);
      if (detail !== undefined) return { n, place, state: 'refused', detail };
      if (left.has(place)) return { n, place, state: 'waiting' };
      return { n, place, state: seen.has(place) || isTriedBefore ? 'sent' : 'missing' };
    });
  }

  /** Of a replay that was paused or has ended: nothing is sent any more, and what was is found out. */
  async #resolveUnknown(replay: ReplayRow): Promise<void> {
    const letters = await readUnknown(this.#options.pool, replay.id);
    if (letters.length === 0) return;
    const left = await this.#stillThere(replay.queue, letters);
    const leftState = replay.state === 'paused' ? 'waiting' : 'released';
    const outcomes = letters.map(
      ({ n, place }): LetterOutcome => ({ n, place, state: left.has(place) ? leftState : 'sent' }),
    );
    await this.#options.messaging.transaction((tx) => recordOutcomes(tx, replay, outcomes));
  }

  async #stillThere(queue: string, letters: readonly ReplayLetter[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (let first = 0; first < letters.length; first += 250) {
      const places = letters.slice(first, first + 250).map(({ place }) => place);
      for (const { letter } of await this.#options.deadLetters.read(queue, places)) found.add(letter.place);
    }
    return found;
  }

  /** How many letters may be sent now: what the rate allows since the last ones, a second's at most. */
  #allowance({ id, rate }: ReplayRow): number {
    if (rate === null) return mostAtOnce;
    const seconds = Math.min(1, (this.#now() - (this.#lastSent.get(id) ?? -Infinity)) / 1_000);
    return Math.floor(rate * seconds);
  }
}

/** Of all stages but the last one: they are there for a verdict, and a message that fails is seen by somebody soon. */
function attemptsOf({ attempts, stage, stages }: ReplayRow): { readonly maxAttempts?: number } {
  return attempts !== null && stage < stages.length ? { maxAttempts: attempts } : {};
}
