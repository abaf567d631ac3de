import type { ServiceBusClient, ServiceBusMessage } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import type { Destination } from '../../transport.js';
import { atMost } from './at-most.js';
import type { ClientLease, ClientSource } from './client-factory.js';
import { EntitySender } from './entity-sender.js';

/** How long the connection may take to close, in milliseconds, before it is left behind. */
const closingMs = 5_000;

interface Line {
  readonly lease: ClientLease;
  readonly senders: Map<string, EntitySender>;
  /** Calls that have not been answered. */
  busy: number;
  retired: boolean;
}

/** The connection that sends, with one sender an entity, moved on to a new client before its token ends. */
export class Sending {
  readonly #source: ClientSource;
  readonly #clock: Clock;
  #line: Line;
  #closed = false;

  constructor(source: ClientSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
    this.#line = this.#open();
  }

  /** Resolves once the broker has stored all of them; rejects with a TransportError. */
  send(to: Destination, messages: readonly ServiceBusMessage[]): Promise<void> {
    const kind = 'queue' in to ? 'queue' : 'topic';
    const entity = 'queue' in to ? to.queue : to.topic;
    return this.use(async (client, senders) => {
      const key = `${kind}:${entity}`;
      const sender = senders.get(key) ?? new EntitySender(entity, kind, client.createSender(entity));
      senders.set(key, sender);
      await sender.send(messages);
    });
  }

  /** Runs `work` with a client that stays open until it is done. */
  async use<T>(work: (client: ServiceBusClient, senders: Map<string, EntitySender>) => Promise<T>): Promise<T> {
    const line = this.#current();
    line.busy += 1;
    try {
      return await work(line.lease.client, line.senders);
    } finally {
      line.busy -= 1;
      await this.#closeIfDone(line);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#line.retired = true;
    await this.#closeIfDone(this.#line);
  }

  #open(): Line {
    return { lease: this.#source.create(), senders: new Map(), busy: 0, retired: false };
  }

  #current(): Line {
    const replaceAt = this.#line.lease.replaceAt();
    if (this.#closed || replaceAt === undefined || this.#clock.now() < replaceAt) return this.#line;
    const old = this.#line;
    this.#line = this.#open();
    old.retired = true;
    void this.#closeIfDone(old);
    return this.#line;
  }

  async #closeIfDone(line: Line): Promise<void> {
    if (line.retired && line.busy === 0) await atMost(closingMs, this.#clock, line.lease.client.close());
  }
}
