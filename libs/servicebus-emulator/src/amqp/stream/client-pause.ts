/**
 * A client is taken to wait for its answers after so many passes of the event loop without input from it; half as many
 * each time in a row that it sent nothing more. Two are the fewest with a look for input in between.
 */
const QUIET_PASSES = { most: 4, fewest: 2 } as const;
/** One that goes on sending gets them after so many passes, or so much input, in bytes. */
const MAX_PASSES = 32;
const MAX_INPUT = 64 * 1024;

/** Who sends less than this, in bytes a ms, converses: it has said all that it is going to say before it is answered. */
const CONVERSING_RATE = 2 * 1024;
/** Who sends more than this, in bytes a ms, streams: it does not wait for answers. */
const STREAMING_RATE = 40 * 1024;
/** Both are measured over at least so long, in ms. */
const WINDOW = 1;
/** A client that streams gets its answers after {@link MAX_INPUT}, or so many ms. */
const PATIENCE = 1;
/**
 * One that sent less meanwhile seems to have waited for its answers. It is believed to stream again after so many ms,
 * twice as many each time in a row.
 */
const DISTRUST = { first: 1, most: 128 } as const;

/**
 * Tells when a client pauses. One that converses does so at once, and its answer costs no further pass of the event loop.
 * Busier clients that wait for answers get them within microseconds: the event loop looks for input a few times without
 * waiting. To a client that streams that would cost a third of all the broker does, and as many answers to read: for it
 * the event loop sleeps until there is enough input.
 */
export class ClientPause {
  readonly #paused: () => boolean;
  #awaited = false;
  #passes = 0;
  #quietPasses = 0;
  #enoughQuiet: number = QUIET_PASSES.most;
  #input = 0;
  #patience: NodeJS.Timeout | undefined;
  #streams = false;
  #converses = false;
  #distrust: number = DISTRUST.first;
  #distrustUntil = 0;
  #windowStart = 0;
  #windowInput = 0;

  /** @param paused called back at a pause that was awaited; answers whether the next is awaited too */
  constructor(paused: () => boolean) {
    this.#paused = paused;
  }

  /** Whether somebody waits for the client's pause. */
  get isAwaited(): boolean {
    return this.#awaited;
  }

  /** Whether the client sends so little that it waits for each answer. */
  get converses(): boolean {
    return this.#converses;
  }

  /** Waits for the client's next pause. */
  await(): void {
    if (this.#awaited) return;
    this.#awaited = true;
    this.#input = 0;
    this.#passes = 0;
    this.#quietPasses = 0;
    if (this.#streams) this.#patience = setTimeout(this.#impatient, PATIENCE);
    else setImmediate(this.#converses ? this.#over : this.#pass);
  }

  /** The client sent so many bytes. */
  inputCame(bytes: number): void {
    this.#quietPasses = 0;
    this.#input += bytes;
    this.#windowInput += bytes;
    if (!this.#patience || this.#input < MAX_INPUT) return;
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#distrust = DISTRUST.first;
    setImmediate(this.#over);
  }

  /** One more look for input. */
  readonly #pass = (): void => {
    this.#passes++;
    this.#quietPasses++;
    const goesOn = this.#quietPasses < this.#enoughQuiet && this.#passes < MAX_PASSES && this.#input < MAX_INPUT;
    if (goesOn) setImmediate(this.#pass);
    else this.#over();
  };

  /** The client did not send enough in time. */
  readonly #impatient = (): void => {
    this.#patience = undefined;
    this.#distrustUntil = performance.now() + this.#distrust;
    this.#distrust = Math.min(this.#distrust * 2, DISTRUST.most);
    this.#over();
  };

  readonly #over = (): void => {
    const { most, fewest } = QUIET_PASSES;
    this.#enoughQuiet = this.#input > 0 ? most : Math.max(fewest, this.#enoughQuiet >> 1);
    this.#measure();
    const goesOn = this.#paused();
    this.#awaited = false;
    if (goesOn) this.await();
  };

  #measure(): void {
    const now = performance.now();
    const time = now - this.#windowStart;
    if (time < WINDOW) return;
    this.#streams = this.#windowInput > STREAMING_RATE * time && now > this.#distrustUntil;
    this.#converses = this.#windowInput < CONVERSING_RATE * time;
    this.#windowStart = now;
    this.#windowInput = 0;
  }
}
