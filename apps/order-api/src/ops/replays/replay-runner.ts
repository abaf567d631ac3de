import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { DeadLetters } from '@orderflow/messaging';
import type { PostgresMessaging } from '@orderflow/messaging/postgres';
import type { Pool } from 'pg';
import { endReplay } from './change-replay.js';
import type { Confirm } from './confirmations.js';
import { decideReplay, type ReplayStep } from './decide-replay.js';
import {
  claim,
  countStage,
  isRunning,
  type LetterOutcome,
  markConfirmed,
  markFailedAgain,
  readActive,
  readUndecided,
  readUnknown,
  recordOutcomes,
} from './replay-letters.js';
import { ReplayPass, stillThere } from './replay-pass.js';
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
 * How long a pass lasts that keeps to a rate, in milliseconds. Each takes everything in hand that lies before its letters,
 * so there should be few; and until its end others who want something of the queue may have to wait.
 */
const passMs = 5_000;
/** From one look at what a pass has sent to the next, in milliseconds. */
const lookEveryMs = 500;

/**
 * Moves every replay on by a step. All it knows is in the database: whoever leads next goes on from there. A letter is
 * marked before it is sent; when the process dies before it could say what became of it, the next one looks: what is
 * still there is sent again, and its copy recognised by duplicate detection or by the inbox; what is gone was sent.
 */
export class ReplayRunner {
  readonly #options: ReplayRunnerOptions;
  readonly #now: () => number;
  /** By replay with a rate: when it may send again. */
  readonly #dueAt = new Map<string, number>();

  constructor(options: ReplayRunnerOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Resolves with whether there is more to do at once. Replays of one queue take turns. */
  async step(signal: AbortSignal): Promise<boolean> {
    const active = await readActive(this.#options.pool);
    const ids = new Set(active.map(({ id }) => id));
    for (const id of this.#dueAt.keys()) if (!ids.has(id)) this.#dueAt.delete(id);
    const queues = Map.groupBy(active, ({ queue }) => queue).values();
    const steps = await Promise.all([...queues].map((replays) => this.#inTurn(replays, signal)));
    return steps.includes(true);
  }

  async #inTurn(replays: readonly ReplayRow[], signal: AbortSignal): Promise<boolean> {
    let isBusy = false;
    for (const replay of replays) {
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
    const { id, stage } = replay;
    if (replay.state !== 'running') {
      await this.#resolveUnknown(replay);
      await this.#learn(replay, signal);
      return false;
    }
    const step = await this.#judge(replay, signal);
    switch (step.kind) {
      case 'send':
        return this.#send(replay, signal);
      case 'wait':
        return false;
      case 'next-stage':
        await pool.query("UPDATE ops_replays SET stage = $2 WHERE id = $1 AND stage = $2 - 1 AND state = 'running'", [
          id,
          stage + 1,
        ]);
        return true;
      case 'pause':
        await pool.query("UPDATE ops_replays SET state = 'paused', why = $2 WHERE id = $1 AND state = 'running'", [
          id,
          step.why,
        ]);
        return false;
      case 'stop':
      case 'finish':
        await messaging.transaction((tx) =>
          step.kind === 'stop' ? endReplay(tx, id, 'stopped', step.why) : endReplay(tx, id, 'done', null),
        );
        return false;
    }
  }

  /** What is to be done next, by all that is known now. */
  async #judge(replay: ReplayRow, signal: AbortSignal): Promise<ReplayStep> {
    await this.#learn(replay, signal);
    const { stop_ratio: stopRatio, stop_at_least: stopAtLeast, confirm_ms: confirmMs, stage, stages } = replay;
    const limits = { stopRatio, stopAtLeast, confirmMs, stage, stages: stages.length };
    return decideReplay({ ...(await countStage(this.#options.pool, replay)), ...limits });
  }

  /** Finds out what became of letters that were sent. */
  async #learn(replay: ReplayRow, signal: AbortSignal): Promise<void> {
    await markFailedAgain(this.#options.pool, replay);
    await this.#confirm(replay, signal);
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
    const { id, rate } = replay;
    if (this.#now() < (this.#dueAt.get(id) ?? -Infinity)) return false;
    const { messaging, deadLetters } = this.#options;
    const letters = await messaging.transaction((tx) => claim(tx, replay, lettersOfPass(rate)));
    if (letters.length === 0) return false;
    const pass = new ReplayPass({ deadLetters, replay, letters, signal });
    const outcomes = await this.#follow(replay, pass, signal);
    if (rate !== null) this.#dueAt.set(id, this.#now() + 1_000 / rate);
    await this.#record(replay, outcomes);
    return pass.sent > 0;
  }

  /** Records what a pass sends while it goes on, and ends it when its replay is not to go on. Resolves with the rest. */
  async #follow(replay: ReplayRow, pass: ReplayPass, signal: AbortSignal): Promise<readonly LetterOutcome[]> {
    const outcomes = pass.run();
    try {
      while (!(await settlesWithin(outcomes, lookEveryMs))) {
        await this.#record(replay, pass.takeSent());
        if (!(await this.#mayGoOn(replay, signal))) pass.stop();
      }
    } catch (error) {
      pass.stop();
      await Promise.allSettled([outcomes]);
      throw error;
    }
    return outcomes;
  }

  async #mayGoOn(replay: ReplayRow, signal: AbortSignal): Promise<boolean> {
    if (!(await isRunning(this.#options.pool, replay))) return false;
    return (await this.#judge(replay, signal)).kind !== 'stop';
  }

  async #record(replay: ReplayRow, outcomes: readonly LetterOutcome[]): Promise<void> {
    if (outcomes.length > 0) await this.#options.messaging.transaction((tx) => recordOutcomes(tx, replay, outcomes));
  }

  /** Of a replay that was paused or has ended: nothing is sent any more, and what was is found out. */
  async #resolveUnknown(replay: ReplayRow): Promise<void> {
    const { pool, deadLetters } = this.#options;
    const letters = await readUnknown(pool, replay.id);
    if (letters.length === 0) return;
    const left = await stillThere(deadLetters, replay.queue, letters);
    const leftState = replay.state === 'paused' ? 'waiting' : 'released';
    await this.#record(
      replay,
      letters.map(({ n, place }): LetterOutcome => ({ n, place, state: left.has(place) ? leftState : 'sent' })),
    );
  }
}

function lettersOfPass(rate: number | null): number {
  return rate === null ? mostAtOnce : Math.min(mostAtOnce, Math.ceil((rate * passMs) / 1_000));
}

/** Whether something is over, well or not, before so many milliseconds have passed. */
async function settlesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const waiting = new AbortController();
  try {
    const isOver = work.then(
      () => true,
      () => true,
    );
    return await Promise.race([isOver, delay(ms, false, { signal: waiting.signal })]);
  } finally {
    waiting.abort();
  }
}
