import { isDeepStrictEqual } from 'node:util';
import type { Contract } from '../contract.js';
import { createEnvelopeWriter, type EnvelopeDetails } from '../envelope-writer.js';
import type { Envelope } from '../envelope.js';
import type { Pause } from '../retry/immediate-attempts.js';
import type { Consume, Destination, Outgoing, Settlement, Transport } from '../transport.js';
import { createMemoryTransport, type MemoryTopology, type MemoryTransport } from '../transports/memory/index.js';
import { ManualClock } from './manual-clock.js';

/** What a message has to be like: some of its payload's fields, or what this says of it. All match when absent. */
export type Match<T> = Partial<T> | ((payload: T, envelope: Envelope) => boolean);

/** A message as the harness saw it. */
export interface SeenMessage<T = unknown> {
  /** As the contract reads it; as it came where the contract refuses it. */
  readonly payload: T;
  readonly envelope: Envelope;
}

/** A delivery as the harness saw it end. */
export interface SeenDelivery<T = unknown> extends SeenMessage<T> {
  readonly queue: string;
  /** 1 at first. */
  readonly attempt: number;
  readonly settlement: Settlement;
}

export interface HarnessOptions {
  readonly topology: MemoryTopology;
  /** How far the clock goes on for one wait, in milliseconds; 172,800,000 (two days) when absent. */
  readonly atMostMs?: number;
  /** How long a wait may take in real time, in milliseconds; 5,000 when absent. */
  readonly realTimeoutMs?: number;
}

/** A broker in memory and a clock that stands still, for tests of handlers. Needs no test framework. */
export interface MessagingHarness {
  readonly transport: MemoryTransport;
  readonly clock: ManualClock;
  /** For `startConsumer`: the clock, and immediate tries that follow at once. */
  readonly time: { readonly clock: ManualClock; readonly wait: Pause };
  /** Sends as another service would. */
  send<T>(to: Destination, contract: Contract<T>, payload: NoInfer<T>, details?: EnvelopeDetails): Promise<void>;
  /**
   * The first delivery of such a message, of the contract's type and version, that completed and was not asked for before. While nothing is being handled the
   * clock goes on to whatever is due next, so that a retry of 30 minutes takes no time.
   * @throws Error that says what was seen instead, when the clock has gone as far as it may
   */
  delivered<T>(contract: Contract<T>, match?: Match<T>): Promise<SeenDelivery<T>>;
  /** The same for one that was dead-lettered. */
  deadLettered<T>(contract: Contract<T>, match?: Match<T>): Promise<SeenDelivery<T>>;
  /** The same for a message that was handed to the broker, consumed or not. */
  published<T>(contract: Contract<T>, match?: Match<T>): Promise<SeenMessage<T>>;
  /** Ends the broker and what consumes from it. */
  close(): Promise<void>;
}

/** Messages that it remembers of each kind; the oldest go first. */
const REMEMBERED = 10_000;

export function createMessagingHarness(options: HarnessOptions): MessagingHarness {
  return new Harness(options);
}

class Harness implements MessagingHarness {
  readonly clock = new ManualClock();
  readonly time = { clock: this.clock, wait: async () => {} };
  readonly transport: MemoryTransport;
  readonly #options: Required<HarnessOptions>;
  readonly #write = createEnvelopeWriter('/harness');
  readonly #deliveries: Omit<SeenDelivery, 'payload'>[] = [];
  readonly #published: Omit<SeenMessage, 'payload'>[] = [];
  readonly #waiting = new Set<() => void>();
  #inHand = 0;

  constructor(options: HarnessOptions) {
    this.#options = { atMostMs: 172_800_000, realTimeoutMs: 5_000, ...options };
    const transport = createMemoryTransport({ topology: options.topology, clock: this.clock });
    this.transport = watch(transport, {
      send: (messages) => this.#onSent(messages),
      consume: (next) => this.#watchDeliveries(next),
    });
  }

  async send<T>(to: Destination, contract: Contract<T>, payload: T, details: EnvelopeDetails = {}): Promise<void> {
    const time = new Date(this.clock.now()).toISOString();
    await this.transport.send([{ to, envelope: this.#write(contract, payload, { time, ...details }) }]);
  }

  delivered<T>(contract: Contract<T>, match?: Match<T>): Promise<SeenDelivery<T>> {
    return this.#ended('complete', 'delivered', contract, match);
  }

  deadLettered<T>(contract: Contract<T>, match?: Match<T>): Promise<SeenDelivery<T>> {
    return this.#ended('dead-letter', 'dead-lettered', contract, match);
  }

  published<T>(contract: Contract<T>, match?: Match<T>): Promise<SeenMessage<T>> {
    const read = reader(contract, match);
    return this.#next('published', contract, () => take(this.#published, read));
  }

  async close(): Promise<void> {
    await this.transport.close();
  }

  #ended<T>(kind: Settlement['kind'], how: string, contract: Contract<T>, match?: Match<T>): Promise<SeenDelivery<T>> {
    const read = reader(contract, match);
    const find = () => take(this.#deliveries, (seen) => (seen.settlement.kind === kind ? read(seen) : undefined));
    return this.#next(how, contract, find);
  }

  /** Moves time on until `find` answers something. */
  async #next<Seen>(how: string, { type }: Contract, find: () => Seen | undefined): Promise<Seen> {
    const end = this.clock.now() + this.#options.atMostMs;
    const realEnd = Promise.withResolvers<void>();
    const timer = setTimeout(realEnd.resolve, this.#options.realTimeoutMs);
    let isOver = false;
    const over = realEnd.promise.then(() => {
      isOver = true;
    });
    try {
      for (;;) {
        await this.clock.advance(0);
        const found = find();
        if (found !== undefined) return found;
        if (isOver) throw new Error(`No ${type} was ${how} as wanted: ${this.#account()}`);
        const canGoOn = this.#inHand === 0 && (await this.clock.advanceToNext(end));
        // A handler at work, or nothing planned: whatever comes next is not a matter of the clock.
        if (!canGoOn) await Promise.race([this.#change(), over]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #account(): string {
    const seen = [
      ...this.#deliveries.map(
        ({ envelope, settlement, attempt }) => `${envelope.type} ${settlement.kind}, attempt ${attempt}`,
      ),
      ...this.#published.map(({ envelope }) => `${envelope.type} published`),
    ];
    const time = new Date(this.clock.now()).toISOString();
    return `it is ${time}, ${this.#inHand} are being handled, and seen were ${seen.slice(-20).join('; ') || 'none'}.`;
  }

  #onSent(messages: readonly Outgoing[]): void {
    for (const { envelope } of messages) remember(this.#published, { envelope });
    this.#changed();
  }

  #watchDeliveries(next: Consume): Consume {
    return async (delivery) => {
      this.#inHand += 1;
      try {
        const settlement = await next(delivery);
        const { envelope, queue, attempt } = delivery;
        remember(this.#deliveries, { envelope, queue, attempt, settlement });
        return settlement;
      } finally {
        this.#inHand -= 1;
        this.#changed();
      }
    };
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #changed(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

interface Watching {
  readonly send: (messages: readonly Outgoing[]) => void;
  readonly consume: (next: Consume) => Consume;
}

/** The transport itself, told of what passes it. */
function watch(transport: MemoryTransport, watching: Watching): MemoryTransport {
  const send: Transport['send'] = transport.send.bind(transport);
  const subscribe: Transport['subscribe'] = transport.subscribe.bind(transport);
  transport.send = async (messages, how) => {
    await send(messages, how);
    watching.send(messages);
  };
  transport.subscribe = (queue, consume, options) => subscribe(queue, watching.consume(consume), options);
  return transport;
}

function remember<Seen>(all: Seen[], seen: Seen): void {
  all.push(seen);
  if (all.length > REMEMBERED) all.shift();
}

/** Removes the first that `read` answers something for, and answers that. */
function take<Kept, Seen>(all: Kept[], read: (kept: Kept) => Seen | undefined): Seen | undefined {
  for (const [index, kept] of all.entries()) {
    const seen = read(kept);
    if (seen === undefined) continue;
    all.splice(index, 1);
    return seen;
  }
  return undefined;
}

/** Adds the payload to a message of the contract that matches; answers nothing for any other. */
function reader<T>(contract: Contract<T>, match: Match<T> = {}) {
  return <Kept extends { readonly envelope: Envelope }>(kept: Kept): (Kept & SeenMessage<T>) | undefined => {
    const { envelope } = kept;
    if (envelope.type !== contract.type || envelope.version !== contract.version) return undefined;
    const payload = payloadOf(contract, envelope);
    const isWanted = typeof match === 'function' ? match(payload, envelope) : includes(payload, match);
    return isWanted ? { ...kept, payload } : undefined;
  };
}

/** Whether every field of `part` is in `whole`, in depth; lists are compared as wholes, and so are dates and the like. */
function includes(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    if (!Array.isArray(whole) || whole.length !== part.length) return false;
    return part.every((item, index) => includes(whole[index], item));
  }
  if (!isPlain(part)) return isDeepStrictEqual(whole, part);
  if (!isPlain(whole)) return false;
  return Object.entries(part).every(([name, value]) => includes(whole[name], value));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What the contract refuses, or is no JSON, is of interest as a dead letter. */
function payloadOf<T>(contract: Contract<T>, { body }: Envelope): T {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString());
    return contract.parse(value);
  } catch {
    return value as T;
  }
}
