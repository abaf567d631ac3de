import type { SubscriptionHealth, TransportError } from '../../transport.js';

type Condition = Pick<SubscriptionHealth, 'state' | 'detail'>;

/** What a check has to go by. */
export interface Facts {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How long until the next check, in milliseconds. */
  readonly untilNextCheck: number;
  /** When the connection's token ends, in milliseconds since 1970; undefined while that is not known. */
  readonly replaceAt: number | undefined;
  /** Whether another delivery could be handled. */
  readonly hasRoom: boolean;
}

/** `look`: look at the head of the queue, and say what waits there with {@link Supervisor.saw}. */
export type Verdict = 'keep' | 'replace' | 'look';

const running: Condition = Object.freeze({ state: 'running' });

/** A stalled receiver whose successor gets nothing either is replaced again after so many checks. */
const checksBetweenReplacements = 10;

/**
 * Judges the health of a receiver by what it is told, and does nothing itself. The SDK recovers from most losses alone,
 * but its receivers have been seen to die without a word. So whenever nothing arrived for a while although there is
 * room, the head of the queue is looked at, which needs no more than the right to listen: a message that still waits
 * there is one we should have got. The receiver is to be replaced then, and counts as stalled until that is disproved:
 * by a message that arrives, or by a head that moves.
 */
export class Supervisor {
  readonly #queue: string;
  #link: 'attaching' | 'attached' | 'failed' = 'attaching';
  #detail = 'The receiver is being attached.';
  #progressed = false;
  #waitingAtLastCheck: string | undefined;
  /** The message at the head that was not delivered. */
  #stalledAt: string | undefined;
  #detachedChecks = 0;
  #stalledChecks = 0;

  constructor(queue: string) {
    this.#queue = queue;
  }

  get condition(): Condition {
    if (this.#link === 'failed') return { state: 'connecting', detail: this.#detail };
    if (this.#stalledAt !== undefined) return { state: 'stalled', detail: this.#stall(this.#stalledAt) };
    return this.#link === 'attached' ? running : { state: 'connecting', detail: this.#detail };
  }

  attaching(): void {
    if (this.#link !== 'attached') return;
    this.#link = 'attaching';
    this.#detail = 'The receiver is attaching again.';
  }

  attached(): void {
    this.#link = 'attached';
  }

  received(): void {
    this.#progressed = true;
    this.#link = 'attached';
    this.#stalledAt = undefined;
  }

  failed(error: TransportError): void {
    this.#link = 'failed';
    this.#detail = error.message;
  }

  /** The receiver was replaced, and the new one is being attached. */
  replaced(): void {
    this.#detachedChecks = 0;
    if (this.#link !== 'attached') return;
    this.#link = 'attaching';
    this.#detail = 'The receiver is being replaced.';
  }

  /** To be asked regularly. */
  check({ now, untilNextCheck, replaceAt, hasRoom }: Facts): Verdict {
    if (replaceAt !== undefined && now + untilNextCheck >= replaceAt) return 'replace';
    if (this.#link !== 'attached') {
      this.#detachedChecks += 1;
      return this.#detachedChecks > 1 ? 'replace' : 'keep';
    }
    this.#detachedChecks = 0;
    const progressed = this.#progressed;
    this.#progressed = false;
    if (!progressed && hasRoom) return 'look';
    this.#waitingAtLastCheck = undefined;
    return 'keep';
  }

  /** What a look found: the first message that waits and is not being handled here, by its place in the queue. */
  saw(waiting: string | undefined): 'keep' | 'replace' {
    const unmoved = waiting !== undefined && waiting === this.#waitingAtLastCheck;
    this.#waitingAtLastCheck = waiting;
    if (waiting !== this.#stalledAt) {
      this.#stalledChecks = 0;
      this.#stalledAt = unmoved ? waiting : undefined;
      return unmoved ? 'replace' : 'keep';
    }
    if (waiting === undefined) return 'keep';
    this.#stalledChecks += 1;
    return this.#stalledChecks % checksBetweenReplacements === 0 ? 'replace' : 'keep';
  }

  #stall(waiting: string): string {
    const next = this.#link === 'attached' ? 'a new receiver does not get it either' : 'the receiver is being replaced';
    return `Message ${waiting} waits at the head of "${this.#queue}" and is not delivered; ${next}.`;
  }
}
