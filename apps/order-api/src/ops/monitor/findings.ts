import type { AlertKind, Finding } from '../alerts/finding.js';
import type { QueueThresholds } from './thresholds.js';

/** What a consumer says of itself. */
export interface WorkerReport {
  /** How long it has not consumed, in seconds; 0 while it does. */
  readonly pausedSeconds: number;
  /** Because of what. */
  readonly pausedBecause?: string;
  /** Absent where it does not say. */
  readonly outbox?: { readonly oldestAgeSeconds: number; readonly setAside: number; readonly heldKeys: number };
}

/** How a queue is at one look. What is absent is not known, and no alert begins or ends by it. */
export interface QueueObservation {
  readonly queue: string;
  readonly counts?: {
    readonly deadLetters: number;
    /** More dead letters than ten minutes before; less than 0 when they become fewer. */
    readonly growth: number;
    /** 0 without any. */
    readonly oldestDeadLetterSeconds: number;
    /** Absent where the broker does not count. */
    readonly backlog?: number;
  };
  /** How long ago anybody looked into the queue, in seconds, where that is too long. */
  readonly unwatchedSeconds?: number;
  /** Absent where nobody knows its consumer; a text says why the consumer does not answer. */
  readonly worker?: WorkerReport | string;
}

/** Everything that is watched of one queue, with how it is. */
export function findingsOf(seen: QueueObservation, thresholds: QueueThresholds): readonly Finding[] {
  const { queue } = seen;
  return [...watchedOfQueue(seen, thresholds), ...watchedOfWorker(seen, thresholds)].flatMap(
    ([kind, threshold, value, say]) =>
      threshold === null ? [] : [{ queue, kind, value, threshold, detail: value === undefined ? '' : say(value) }],
  );
}

/** A kind, what it may be, what it is, and how to say that. */
type Watched = readonly [AlertKind, number | null, number | undefined, (value: number) => string];

function watchedOfQueue({ counts, unwatchedSeconds = 0 }: QueueObservation, may: QueueThresholds): readonly Watched[] {
  const { deadLetters, growth, oldestDeadLetterSeconds: age, backlog } = counts ?? {};
  return [
    ['unwatched', 0, unwatchedSeconds, (it) => `Nobody could look into the queue for ${it} s.`],
    ['dead-letters', may.deadLetters, deadLetters, (it) => `${it} dead letters.`],
    ['dead-letter-growth', may.deadLetterGrowth, growth, (it) => `${it} more dead letters than ten minutes ago.`],
    ['dead-letter-age', may.deadLetterAgeSeconds, age, (it) => `The oldest dead letter is there for ${it} s.`],
    ['backlog', may.backlog, backlog, (it) => `${it} messages wait.`],
  ];
}

function watchedOfWorker({ worker }: QueueObservation, may: QueueThresholds): readonly Watched[] {
  if (worker === undefined) return [];
  const isSilent = typeof worker === 'string';
  const { outbox, pausedSeconds, pausedBecause = '' } = isSilent ? ({} as Partial<WorkerReport>) : worker;
  return [
    ['worker-silent', 0, isSilent ? 1 : 0, () => (isSilent ? worker : 'Its consumer answers.')],
    ['outbox-age', may.outboxAgeSeconds, outbox?.oldestAgeSeconds, (it) => `Its outbox has a message for ${it} s.`],
    ['outbox-set-aside', may.outboxSetAside, outbox?.setAside, (it) => `Its outbox has set ${it} messages aside.`],
    ['outbox-held', may.outboxHeldKeys, outbox?.heldKeys, (it) => `Its outbox holds ${it} ordering keys.`],
    ['paused', may.pausedSeconds, pausedSeconds, (it) => `Not consumed for ${it} s: ${pausedBecause}`],
  ];
}
