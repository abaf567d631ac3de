import { type Consumer, type ConsumerOptions, startConsumer } from '../src/consumer.js';
import type { Contract } from '../src/contract.js';
import type { DeadLetter } from '../src/dead-letter/dead-letters.js';
import { DependencyAwayError } from '../src/errors.js';
import { handle } from '../src/handling.js';
import { ManualClock } from '../src/testing/manual-clock.js';
import { outgoing } from '../src/testing/outgoing.js';
import { createMemoryTransport, MemoryBroker, type MemoryTransport } from '../src/transports/memory/index.js';
import type { Lock } from '../src/transports/memory/stored-message.js';
import type { Delivery } from '../src/transport.js';
import type { EndpointEvent } from '../src/endpoint/endpoint-events.js';

/** What a handler was called with, and when. */
export interface Call {
  readonly id: string;
  readonly type: string;
  readonly attempt: number;
  readonly unsettled: number;
  readonly at: number;
}

/** A gateway that can be away, and says how often it was asked. */
export class Gateway {
  isAway = false;
  retryAfterMs: number | undefined;
  asked = 0;

  async use(): Promise<void> {
    this.asked += 1;
    if (!this.isAway) return;
    const { retryAfterMs } = this;
    throw new DependencyAwayError('gateway', 'the gateway is away', retryAfterMs === undefined ? {} : { retryAfterMs });
  }
}

/** Remembers the highest count of deliveries that ended, of all messages it handed out. */
class CountingBroker extends MemoryBroker {
  highestCount = 0;

  /** The locks of everything in hand run out, whatever its consumers do. */
  loseLocks(queue: string): void {
    this.queue(queue).expireLocks(Infinity);
    this.notify(queue);
  }

  override take(queue: string): Lock | undefined {
    const lock = super.take(queue);
    this.highestCount = Math.max(this.highestCount, lock?.message.deliveryCount ?? 0);
    return lock;
  }
}

type Options = Partial<Omit<ConsumerOptions, 'transport' | 'queue' | 'handlers' | 'clock'>>;

/** A consumer on a memory broker whose time the test moves, without jitter, and what it did. */
export class Bench {
  readonly clock = new ManualClock();
  readonly broker: CountingBroker;
  readonly sender: MemoryTransport;
  readonly calls: Call[] = [];
  readonly handled: string[] = [];
  readonly events: EndpointEvent[] = [];

  constructor() {
    const { clock } = this;
    this.broker = new CountingBroker({ topology: { queues: ['work'] }, clock, maxMessages: 20_000 });
    this.sender = this.transport();
  }

  transport(): MemoryTransport {
    return createMemoryTransport({ broker: this.broker });
  }

  /** Consumes `work` with one handler for each of the types. */
  start(
    work: (delivery: Delivery, call: Call) => Promise<void>,
    { types = ['order'], ...options }: Options & { readonly types?: readonly string[] } = {},
    transport = this.transport(),
  ): Promise<Consumer> {
    const handlers = types.map((type) =>
      handle(contract(type), async ({ id }, delivery) => {
        const { attempt, unsettled } = delivery;
        const call = { id, type, attempt, unsettled, at: this.clock.now() };
        this.calls.push(call);
        await work(delivery, call);
        this.handled.push(id);
      }),
    );
    return startConsumer({
      transport,
      queue: 'work',
      handlers,
      concurrency: 32,
      policy: { immediate: [], delayed: [1_000, 2_000, 3_000], jitter: 'none' },
      random: () => 0,
      onError: () => {},
      ...options,
      clock: this.clock,
      onEvent: (event) => this.events.push(event),
    });
  }

  send(ids: readonly string[], type = 'order'): Promise<void> {
    return this.sender.send(ids.map((id) => outgoing(id, { type })));
  }

  /** Ids and reasons of the dead letters. */
  async deadLetters(): Promise<readonly string[]> {
    const { letters } = await this.sender.deadLetters.peek('work', { limit: 250 });
    return letters.map(({ id, reason }) => `${id}: ${reason}`);
  }

  async allDeadLetters(): Promise<readonly DeadLetter[]> {
    const all: DeadLetter[] = [];
    let from: string | undefined;
    do {
      const page = await this.sender.deadLetters.peek('work', { limit: 250, ...(from !== undefined && { from }) });
      all.push(...page.letters);
      from = page.next;
    } while (from !== undefined);
    return all;
  }

  kinds(): readonly string[] {
    return this.events.map((event) => (event.kind === 'breaker' ? `${event.type} ${event.state}` : event.kind));
  }
}

export function ids(count: number, prefix = 'm'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}

function contract(type: string): Contract {
  return { type, version: 1, kind: 'event', parse: (value) => value };
}
