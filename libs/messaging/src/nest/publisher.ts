import type { Contract } from '../contract.js';
import { createEnvelopeWriter, type EnvelopeDetails, type EnvelopeWriter } from '../envelope-writer.js';
import type { Envelope } from '../envelope.js';
import type { Sender, Tracing } from '../tracing.js';
import type { Destination, Outgoing } from '../transport.js';
import type { MessagingModuleOptions, OutboxOwner } from './messaging-module-options.js';

/** What a message may have besides its payload. */
export interface PublishDetails extends EnvelopeDetails, Pick<Outgoing, 'deliverAt' | 'timeToLiveMs'> {}

/** Publishes messages to where their contracts' routes lead. Inject it by this class. */
export class Publisher {
  readonly #transport: Sender;
  readonly #write: EnvelopeWriter;
  readonly #routes: ReadonlyMap<string, Destination>;
  readonly #messaging: OutboxOwner | undefined;
  readonly #tracing: Tracing | undefined;

  constructor({ source, routes = [], messaging, tracing }: MessagingModuleOptions, transport: Sender) {
    this.#transport = transport;
    this.#write = createEnvelopeWriter(source);
    this.#routes = new Map(routes.flatMap(({ contracts, to }) => contracts.map(({ type }) => [type, to] as const)));
    this.#messaging = messaging;
    this.#tracing = tracing;
  }

  /**
   * Sends straight to the broker, and resolves once it has the message. For what reports no change of a database; what
   * does belongs into the outbox, see {@link add}.
   * @throws TransportError when the broker did not take it, Error for a contract without a route, whatever the contract
   * throws for an invalid payload
   */
  async publish<T>(contract: Contract<T>, payload: NoInfer<T>, details: PublishDetails = {}): Promise<void> {
    await this.#transport.send([this.outgoing(contract, payload, details)]);
  }

  /**
   * Writes the message to the outbox, as part of the transaction `tx`; the relay sends it after the commit.
   * @throws Error without an outbox, or for a contract without a route, whatever the contract throws for an invalid payload
   */
  async add<T>(tx: unknown, contract: Contract<T>, payload: NoInfer<T>, details: PublishDetails = {}): Promise<void> {
    if (!this.#messaging) throw new Error('There is no outbox: give MessagingModule a `messaging`.');
    await this.#messaging.outbox.add(tx, [this.outgoing(contract, payload, details)]);
  }

  /**
   * The message, for whoever sends it.
   * @throws Error for a contract without a route, whatever the contract throws for an invalid payload
   */
  outgoing<T>(contract: Contract<T>, payload: NoInfer<T>, details: PublishDetails = {}): Outgoing {
    const { deliverAt, timeToLiveMs, ...rest } = details;
    return {
      to: this.#routeOf(contract.type),
      envelope: this.#traced(this.#write(contract, payload, rest)),
      ...(deliverAt && { deliverAt }),
      ...(timeToLiveMs !== undefined && { timeToLiveMs }),
    };
  }

  /** A message without a cause of its own belongs to what is under way. */
  #traced(envelope: Envelope): Envelope {
    if (!this.#tracing) return envelope;
    return { ...envelope, headers: { ...this.#tracing.headers(), ...envelope.headers } };
  }

  #routeOf(type: string): Destination {
    const to = this.#routes.get(type);
    if (to) return to;
    const known = [...this.#routes.keys()].sort().join(', ') || 'none';
    throw new Error(
      `No route leads anywhere for "${type}": add its contract to the routes of MessagingModule, which are ${known}.`,
    );
  }
}
