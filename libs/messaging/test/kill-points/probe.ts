import type { Moment } from './points.js';

/** What instrumented code calls. */
interface KillPoints {
  before(id: number): void;
  during<T>(id: number, operand: T): T;
  after<T>(id: number, value: T): T;
}

/** A point and a moment of it, once it is reached the first time from now on. */
export interface Armed {
  readonly id: number;
  readonly moment: Moment;
}

/**
 * Runs in the process of the worker, below the code that is tested: records what is reached, and strikes where it was
 * armed.
 */
export class Probe implements KillPoints {
  readonly #reached = new Set<string>();
  #armed: Armed | undefined;
  #strike: () => void = () => undefined;

  /** Installs a probe where instrumented code looks for it. */
  static install(): Probe {
    const probe = new Probe();
    Object.assign(globalThis, { killPoints: probe });
    return probe;
  }

  /** Calls `strike`, which may never return, at the first reach of the point. */
  arm(armed: Armed, strike: () => void): void {
    this.#armed = armed;
    this.#strike = strike;
  }

  disarm(): void {
    this.#armed = undefined;
  }

  /** What was reached since the last call: the id and the moment, `12 before`. */
  takeReached(): readonly string[] {
    const reached = [...this.#reached];
    this.#reached.clear();
    return reached;
  }

  before(id: number): void {
    this.#reach(id, 'before');
  }

  during<T>(id: number, operand: T): T {
    this.#reached.add(`${id} during`);
    // One turn later everything that was written has left the process, and no answer was read yet.
    if (this.#isArmed(id, 'during')) setImmediate(() => this.#reach(id, 'during'));
    // A branch beside the awaited promise: it costs the code that awaits no turn, and sees a rejection before it does.
    if (isThenable(operand)) operand.then(undefined, () => this.#reach(id, 'after'));
    return operand;
  }

  after<T>(id: number, value: T): T {
    this.#reach(id, 'after');
    return value;
  }

  #reach(id: number, moment: Moment): void {
    this.#reached.add(`${id} ${moment}`);
    if (!this.#isArmed(id, moment)) return;
    this.#armed = undefined;
    this.#strike();
  }

  #isArmed(id: number, moment: Moment): boolean {
    return this.#armed?.id === id && this.#armed.moment === moment;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
