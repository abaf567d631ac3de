import type { SubscriptionHealth, TransportError } from '../../../transport.js';

type Condition = Pick<SubscriptionHealth, 'state' | 'detail'>;

/** What a check has to go by. */
export interface SessionFacts {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How long until the next check, in milliseconds. */
  readonly untilNextCheck: number;
  /** When the connection's token ends, in milliseconds since 1970; undefined while that is not known. */
  readonly replaceAt: number | undefined;
  /** Whether another session is being asked for. */
  readonly isAsking: boolean;
}

const running: Condition = Object.freeze({ state: 'running' });

/**
 * Judges the health of a receiver of sessions by what it is told. Who asks for a session is answered in time, with one or
 * with the word that there is none; a session that is granted has a message. When neither happens between three checks the
 * connection is replaced, and counts as stalled until it happens.
 */
export class SessionWatch {
  readonly #queue: string;
  #failure: string | undefined = 'The receiver is being attached.';
  #hasProgressed = false;
  #quietChecks = 0;
  #isStalled = false;

  constructor(queue: string) {
    this.#queue = queue;
  }

  get condition(): Condition {
    if (this.#failure !== undefined) return { state: 'connecting', detail: this.#failure };
    if (!this.#isStalled) return running;
    const detail = `The broker neither grants a session of "${this.#queue}" with its messages nor says that there is none.`;
    return { state: 'stalled', detail };
  }

  attached(): void {
    this.#failure = undefined;
  }

  failed(error: TransportError): void {
    this.#failure = error.message;
  }

  /** A message came, or the word that no session has any. */
  progressed(): void {
    this.#hasProgressed = true;
    this.#isStalled = false;
    this.#quietChecks = 0;
  }

  /** To be asked regularly. */
  check({ now, untilNextCheck, replaceAt, isAsking }: SessionFacts): 'keep' | 'replace' {
    if (replaceAt !== undefined && now + untilNextCheck >= replaceAt) return 'replace';
    const isQuiet = isAsking && !this.#hasProgressed && this.#failure === undefined;
    this.#hasProgressed = false;
    this.#quietChecks = isQuiet ? this.#quietChecks + 1 : 0;
    if (this.#quietChecks < 2) return 'keep';
    this.#quietChecks = 0;
    this.#isStalled = true;
    return 'replace';
  }
}
