import type { Clock } from '../clock.js';
import type { Delivery, Settlement } from '../transport.js';
import { type BreakerOptions, type BreakerState, TypeBreaker } from './type-breaker.js';

/** What is handed back comes no sooner, in ms: it would go round in circles. */
const soonestMs = 1_000;

interface TurnsOptions {
  readonly breaker: BreakerOptions;
  /** Deliveries of types with an open breaker that may wait in hand, in all. */
  readonly maxWaiting: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onState: (type: string, state: BreakerState) => void;
}

interface Line {
  readonly breaker: TypeBreaker;
  readonly waiting: Waiting[];
  reported: BreakerState;
  isBusy: boolean;
}

type Turn = 'alone' | 'freely' | 'release';
type Waiting = (turn: Turn) => void;

/** What a message's run says of its type; `nothing` when it was refused for good, or something it needs is away. */
export type RunOutcome = 'succeeded' | 'failed' | 'nothing';

/** Leave to run; to be given back when the run has ended. */
export interface Pass {
  readonly kind: 'pass';
  leave(outcome: RunOutcome): void;
}

/**
 * Lets messages of a type with an open breaker through one at a time. The next few wait in hand; what comes beyond them
 * is handed back until later, because waiting deliveries would take the slots of other types. None of them fails by
 * that, and none is counted.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #lines = new Map<string, Line>();
  #waiting = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Deliveries that wait for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /** The state of every breaker that has counted a failure since it was last closed, by type. */
  states(): ReadonlyMap<string, BreakerState> {
    const now = this.#options.clock.elapsed();
    return new Map([...this.#lines].map(([type, { breaker }]) => [type, breaker.state(now)]));
  }

  /** Leave to run where no breaker of the type has anything to say; undefined where {@link enter} decides. */
  enterNow({ envelope: { type } }: Delivery): Pass | undefined {
    return this.#lines.has(type) ? undefined : this.#pass(type, false);
  }

  /** Resolves when a message of the type may run, or says how it is handed back. */
  async enter(delivery: Delivery): Promise<Pass | Settlement> {
    const { type } = delivery.envelope;
    const line = this.#lines.get(type);
    if (!line || this.#state(type, line) === 'closed') return this.#pass(type, false);
    if (!line.isBusy) {
      line.isBusy = true;
      return this.#pass(type, true);
    }
    if (this.#waiting >= this.#options.maxWaiting) return this.#later(line);
    const turn = await this.#turn(line, delivery.signal);
    return turn === 'release' ? { kind: 'release' } : this.#pass(type, turn === 'alone');
  }

  #pass(type: string, isAlone: boolean): Pass {
    return new TypePass(this.#leave, type, isAlone);
  }

  readonly #leave = (type: string, isAlone: boolean, outcome: RunOutcome): void => {
    const line = this.#lines.get(type) ?? (outcome === 'failed' ? this.#open(type) : undefined);
    if (!line) return;
    const now = this.#options.clock.elapsed();
    this.#state(type, line);
    if (outcome === 'succeeded') line.breaker.succeeded(now);
    if (outcome === 'failed') line.breaker.failed(now);
    const isClosed = this.#state(type, line) === 'closed';
    if (isClosed) for (const go of line.waiting.splice(0)) go('freely');
    if (!isAlone) return;
    const next = line.waiting.shift();
    line.isBusy = next !== undefined;
    next?.('alone');
  };

  /** Hands back all that wait. */
  releaseAll(): void {
    for (const { waiting } of this.#lines.values()) for (const end of waiting.splice(0)) end('release');
  }

  #open(type: string): Line {
    const line: Line = {
      breaker: new TypeBreaker(this.#options.breaker),
      waiting: [],
      reported: 'closed',
      isBusy: false,
    };
    this.#lines.set(type, line);
    return line;
  }

  #state(type: string, line: Line): BreakerState {
    const state = line.breaker.state(this.#options.clock.elapsed());
    if (state !== line.reported) this.#options.onState(type, state);
    line.reported = state;
    return state;
  }

  async #turn(line: Line, signal: AbortSignal): Promise<Turn> {
    if (signal.aborted) return 'release';
    this.#waiting += 1;
    const turn = Promise.withResolvers<Turn>();
    const giveUp = (): void => {
      const place = line.waiting.indexOf(turn.resolve);
      // With a turn given already it runs, and finds its signal aborted.
      if (place === -1) return;
      line.waiting.splice(place, 1);
      turn.resolve('release');
    };
    line.waiting.push(turn.resolve);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await turn.promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
      this.#waiting -= 1;
    }
  }

  /** Comes back when the breaker is half open, spread out over as long as it was open. */
  #later({ breaker }: Line): Settlement {
    const { clock, random, breaker: options } = this.#options;
    const delayMs = Math.max(soonestMs, Math.round(breaker.openFor(clock.elapsed()) + random() * options.openMs));
    return { kind: 'release', delayMs };
  }
}

class TypePass implements Pass {
  readonly kind = 'pass';
  readonly #leave: (type: string, isAlone: boolean, outcome: RunOutcome) => void;
  readonly #type: string;
  readonly #isAlone: boolean;

  constructor(leave: (type: string, isAlone: boolean, outcome: RunOutcome) => void, type: string, isAlone: boolean) {
    this.#leave = leave;
    this.#type = type;
    this.#isAlone = isAlone;
  }

  leave(outcome: RunOutcome): void {
    this.#leave(this.#type, this.#isAlone, outcome);
  }
}
