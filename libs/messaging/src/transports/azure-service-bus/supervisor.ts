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

/**
 * Judges the health of a receiver by what it is told, and does nothing itself. The SDK recovers from most losses alone,
 * but its receivers have been seen to die without a word. So whenever nothing arrived for a while although there is
 * room, the head of the queue is looked at, which needs no more than the right to listen: a message that still waits
 * there is one we should have got, and the receiver is to be replaced.
 */
export class Supervisor {
  #condition: Condition = { state: 'connecting', detail: 'The receiver is being attached.' };
  #lastError: TransportError | undefined;
  #progressed = false;
  #waitingAtLastCheck: string | undefined;
  /** A message that a fresh receiver did not get either: another consumer holds it. */
  #lockedByOthers: string | undefined;
  #connectingChecks = 0;
  readonly #queue: string;

  constructor(queue: string) {
    this.#queue = queue;
  }

  get condition(): Condition {
    return this.#condition;
  }

  attaching(): void {
    if (this.#condition.state === 'running') this.#setConnecting('The receiver is attaching again.');
  }

  attached(): void {
    this.#condition = running;
  }

  received(): void {
    this.#progressed = true;
    this.#condition = running;
  }

  failed(error: TransportError): void {
    this.#lastError = error;
    this.#setConnecting(error.message);
  }

  /** The receiver was replaced, and the new one is being attached. */
  replaced(): void {
    this.#connectingChecks = 0;
    if (this.#condition.state === 'stalled') return;
    this.#setConnecting(this.#lastError?.message ?? 'The connection is being replaced.');
  }

  /** To be asked regularly. */
  check({ now, untilNextCheck, replaceAt, hasRoom }: Facts): Verdict {
    if (replaceAt !== undefined && now + untilNextCheck >= replaceAt) return 'replace';
    if (this.#condition.state !== 'running') {
      this.#connectingChecks += 1;
      return this.#connectingChecks > 1 ? 'replace' : 'keep';
    }
    this.#connectingChecks = 0;
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
    if (!unmoved || waiting === this.#lockedByOthers) return 'keep';
    this.#lockedByOthers = waiting;
    const detail = `Message ${waiting} waits at the head of "${this.#queue}" and is not delivered; the connection is being replaced.`;
    this.#condition = { state: 'stalled', detail };
    return 'replace';
  }

  #setConnecting(detail: string): void {
    this.#condition = { state: 'connecting', detail };
  }
}
