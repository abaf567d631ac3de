import { type HandledMessage, type OutboxReport, type PauseReport, Problem } from '@orderflow/service-kit';
import type { SetAsideQuery, SetAsideRequest } from '@orderflow/service-kit';

/** What makes an app less than well. */
export interface AppTrouble {
  /** The part of it, as its health names it: `database`, `broker`, `outbox`, … */
  readonly part: string;
  readonly detail: string;
}

/** How one replica of an app is. */
export interface AppHealth {
  /** `degraded`: it works, and something is wrong; `down`: it takes no work. */
  readonly state: 'up' | 'degraded' | 'down';
  readonly troubles: readonly AppTrouble[];
}

/**
 * An app that consumes a queue and keeps its data to itself, as its operators reach it. Everything rejects with
 * {@link Unavailable} when the app does not answer in time; what it was asked to do may have been done then, and asking
 * again is safe. It rejects with {@link NotOffered} when the app is of a version without what was asked for.
 */
export interface AppOps {
  /** For example `order-worker`. */
  readonly name: string;
  /** Its outbox, with a page of what was set aside. */
  outbox(query: SetAsideQuery): Promise<OutboxReport>;
  /** Sends messages again that were set aside; answers how many there were. */
  resend(request: SetAsideRequest): Promise<number>;
  /** Removes messages for good that were set aside; answers how many there were. */
  drop(request: SetAsideRequest): Promise<number>;
  readPause(): Promise<PauseReport>;
  /** Pauses all its replicas; within two seconds. */
  pause(reason: string): Promise<void>;
  resume(): Promise<void>;
  health(): Promise<AppHealth>;
  /** Which of the messages its inbox has, and since when; 1,000 ids at most. */
  handled(ids: readonly string[]): Promise<readonly HandledMessage[]>;
}

/** The answer to a request that an app would have to answer. */
export class Unavailable extends Problem {
  constructor(app: string, why: string, cause?: unknown) {
    const detail = `${app} does not do what it was asked for: ${why}. What was begun may have been done: look, then try again.`;
    super(503, 'worker-unavailable', detail, { cause, headers: { 'retry-after': '5' } });
  }
}

/** The app answers, and has no such route: an earlier version may not have it yet. */
export class NotOffered extends Unavailable {}
