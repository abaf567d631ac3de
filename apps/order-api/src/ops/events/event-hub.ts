import { Problem } from '@orderflow/service-kit';
import { EventLog, eventText } from './event-log.js';
import type { Look } from './event-source.js';
import { EventStream } from './event-stream.js';
import type { EventTopic } from './event-topics.js';

/** Says what changed since it was asked last, and nothing the first time. */
export interface LooksForChanges {
  look(): Promise<Look>;
}

export interface EventHubOptions {
  /** Makes what is asked while somebody listens. */
  readonly source: () => LooksForChanges;
  /** Of this service, for clients that have to change with it; absent where nobody says. */
  readonly version?: string | undefined;
  /** From one look to the next, in milliseconds. */
  readonly lookEveryMs: number;
  /** Called with what keeps it from looking; it goes on trying. */
  readonly onError: (error: unknown) => void;
  /** How long a stream may last, in milliseconds, so that one with a token that was taken back ends; 15 minutes by default. */
  readonly longestMs?: number;
  /** From one comment to the next, in milliseconds, which keeps proxies from ending what is quiet; 15 s by default. */
  readonly commentEveryMs?: number;
}

export interface StreamRequest {
  /** Who asks; streams are counted by that. */
  readonly caller: string;
  readonly topics: readonly EventTopic[];
  /** Of the event that came last, where a stream broke off. */
  readonly lastEventId?: string | undefined;
}

/** Streams at a time. */
const most = { ofCaller: 4, ofReplica: 100 };
/** How long events are kept while nobody listens, for a client that is about to come back, in milliseconds. */
const lingerMs = 60_000;

/** What a hub does while somebody listens, and for a while after. */
interface Watch {
  readonly log: EventLog;
  /** Resolves with the first look: what changes from then on is an event. */
  readonly begun: Promise<unknown>;
  readonly end: () => void;
}

/** The streams of one replica: looks what changed while there is one, and tells all of them. */
export class EventHub {
  readonly #options: EventHubOptions;
  /** Every stream with who asked for it. */
  readonly #callers = new Map<EventStream, string>();
  /** Those that were greeted: they are told what comes. */
  readonly #greeted = new Set<EventStream>();
  #watch: Watch | undefined;
  #lingering: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
  }

  /**
   * Begins a stream: `hello`, then what came after the last event, or `resync` where nobody knows that, then what comes.
   * Rejects when the database does not answer.
   * @throws Problem 429 for too many streams, 503 when this replica is about to end
   */
  async open({ caller, topics, lastEventId }: StreamRequest): Promise<EventStream> {
    this.#admit(caller);
    const stream = this.#add(caller, topics);
    try {
      const { log, begun } = (this.#watch ??= this.#begin());
      await begun;
      stream.send(eventText(log.lastId, 'hello', { version: this.#options.version, topics }));
      const missed = lastEventId === undefined ? [] : log.after(lastEventId);
      for (const event of missed ?? []) stream.tell(event);
      if (missed === undefined) stream.send(eventText(log.lastId, 'resync', {}));
      this.#greeted.add(stream);
      if (this.#isClosed) stream.end();
      return stream;
    } catch (error) {
      stream.readable.destroy();
      throw error;
    }
  }

  /** Ends every stream; no other one begins. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#callers.keys()) stream.end();
    this.#endWatch();
  }

  #admit(caller: string): void {
    if (this.#isClosed) {
      const headers = { 'retry-after': '1' };
      throw new Problem(503, 'service-unavailable', 'This replica is about to end. Try again.', { headers });
    }
    const own = [...this.#callers.values()].filter((one) => one === caller).length;
    if (own < most.ofCaller && this.#callers.size < most.ofReplica) return;
    const detail = `${most.ofCaller} streams of one caller and ${most.ofReplica} of all are open at a time. End one first.`;
    throw new Problem(429, 'too-many-streams', detail, { headers: { 'retry-after': '5' } });
  }

  #add(caller: string, topics: readonly EventTopic[]): EventStream {
    const stream = new EventStream(topics);
    const longest = setTimeout(() => stream.end(), this.#options.longestMs ?? 900_000).unref();
    this.#callers.set(stream, caller);
    clearTimeout(this.#lingering);
    stream.readable.once('close', () => {
      clearTimeout(longest);
      this.#callers.delete(stream);
      this.#greeted.delete(stream);
      if (this.#callers.size === 0) this.#lingering = setTimeout(() => this.#endWatch(), lingerMs).unref();
    });
    return stream;
  }

  #begin(): Watch {
    const { source, lookEveryMs, onError, commentEveryMs = 15_000 } = this.#options;
    const [changes, log, ending] = [source(), new EventLog(), new AbortController()];
    let looking: Promise<void> | undefined;
    const look = (): void => {
      looking ??= this.#look(changes, log)
        .catch(onError)
        .finally(() => (looking = undefined));
    };
    const repeat = (work: () => void, everyMs: number): void => {
      if (ending.signal.aborted) return;
      const timer = setInterval(work, everyMs).unref();
      ending.signal.addEventListener('abort', () => clearInterval(timer));
    };
    repeat(() => this.#sendAll(':\n\n'), commentEveryMs);
    const begun = changes.look();
    begun.then(
      () => repeat(look, lookEveryMs),
      // Whoever asked is told why; the next one who asks tries again.
      () => this.#endWatch(),
    );
    return { log, begun, end: () => ending.abort() };
  }

  async #look(changes: LooksForChanges, log: EventLog): Promise<void> {
    const { events, isWhole } = await changes.look();
    for (const event of events.map((one) => log.add(one))) for (const stream of this.#greeted) stream.tell(event);
    if (!isWhole) this.#sendAll(eventText(log.lastId, 'resync', {}));
  }

  #sendAll(text: string): void {
    for (const stream of this.#greeted) stream.send(text);
  }

  #endWatch(): void {
    clearTimeout(this.#lingering);
    this.#watch?.end();
    this.#watch = undefined;
  }
}
