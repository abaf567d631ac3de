import { StartupError } from '@orderflow/service-kit';
import { z } from 'zod';

/** Above which values somebody is told; null where a queue is not to be watched for something. */
export interface QueueThresholds {
  /** Dead letters; 0 by default: one is told of. */
  readonly deadLetters: number | null;
  /** Dead letters that came in ten minutes; 100 by default. */
  readonly deadLetterGrowth: number | null;
  /** Age of the oldest dead letter, in seconds; a day by default. */
  readonly deadLetterAgeSeconds: number | null;
  /** Messages that wait; 100 by default. */
  readonly backlog: number | null;
  /** Age of what waits longest in the outbox of the queue's consumer, in seconds; 60 by default. */
  readonly outboxAgeSeconds: number | null;
  /** Messages that its outbox set aside; 0 by default. */
  readonly outboxSetAside: number | null;
  /** Ordering keys that its outbox holds; 0 by default. */
  readonly outboxHeldKeys: number | null;
  /** How long the queue is paused, in seconds; 300 by default. */
  readonly pausedSeconds: number | null;
}

/** As the alerts of Azure and Prometheus in `infra/`, where they have one. */
export const usualThresholds: QueueThresholds = Object.freeze({
  deadLetters: 0,
  deadLetterGrowth: 100,
  deadLetterAgeSeconds: 86_400,
  backlog: 100,
  outboxAgeSeconds: 60,
  outboxSetAside: 0,
  outboxHeldKeys: 0,
  pausedSeconds: 300,
});

/** In the place of a queue's name: for every queue that says nothing else. */
const everyQueue = '*';

const number = 'must be a number from 0 to 1000000000, or null to watch nothing';
const threshold = z.number(number).min(0, number).max(1_000_000_000, number).nullable().optional();
const names = Object.keys(usualThresholds) as (keyof QueueThresholds)[];
const written = z.record(
  z.string().min(1).max(260),
  z.strictObject(Object.fromEntries(names.map((name) => [name, threshold]))),
);

/** Thresholds by queue, as they are written: `{"*": {"backlog": 500}, "orders": {"deadLetters": 10}}`. */
export type WrittenThresholds = Readonly<Record<string, Partial<QueueThresholds>>>;

/** A variable that holds {@link WrittenThresholds} as JSON. Every problem is an issue of its own that names its place. */
export const thresholdsVariable = z.string().transform((text, context): WrittenThresholds => {
  const problem = (message: string) => context.addIssue({ code: 'custom', message });
  const parsed = written.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data as WrittenThresholds;
  for (const { path, message, code, ...issue } of parsed.error.issues) {
    const unknown = code === 'unrecognized_keys' ? (issue as { readonly keys: readonly string[] }).keys : [];
    for (const key of unknown) problem(`${[...path, key].join('.')} is no threshold: there are ${names.join(', ')}`);
    if (unknown.length > 0) continue;
    problem(path.length === 0 ? 'must be JSON: an object of thresholds by queue' : `${path.join('.')} ${message}`);
  }
  return z.NEVER;
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema refuses what is no object, and says what it should be.
    return undefined;
  }
}

/** The thresholds of each queue. */
export class Thresholds {
  readonly #written: WrittenThresholds;

  /**
   * @param queues every queue that is watched
   * @throws StartupError for thresholds of queues that are not
   */
  constructor(given: WrittenThresholds, queues: Iterable<string>) {
    const known = new Set([everyQueue, ...queues]);
    const unknown = Object.keys(given).filter((queue) => !known.has(queue));
    if (unknown.length > 0) {
      const advice = `It has: ${[...known].join(', ')}.`;
      throw new StartupError(`OPS_THRESHOLDS names queues that OPS_QUEUES has not: ${unknown.join(', ')}. ${advice}`);
    }
    this.#written = given;
  }

  of(queue: string): QueueThresholds {
    return { ...usualThresholds, ...this.#written[everyQueue], ...this.#written[queue] };
  }
}
