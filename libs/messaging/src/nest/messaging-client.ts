import { ClientProxy, type ReadPacket } from '@nestjs/microservices';
import type { Contract } from '../contract.js';
import { createEnvelopeWriter, type EnvelopeWriter } from '../envelope-writer.js';
import type { Envelope } from '../envelope.js';
import type { Sender, Tracing } from '../tracing.js';
import type { Destination, Transport } from '../transport.js';

export interface MessagingClientOptions {
  readonly transport: Transport;
  /** The contracts that may be emitted, by their latest version. */
  readonly contracts: readonly Contract[];
  /** Where messages of a contract go. */
  readonly route: (contract: Contract) => Destination;
  /** Who sends, a URI reference such as `/order-api`. */
  readonly source: string;
  /** Spans of what is sent, e.g. `traceMessaging('servicebus')` of `@orderflow/messaging/opentelemetry`; none by default. */
  readonly tracing?: Tracing;
}

/**
 * Nest's `ClientProxy` over a transport: `await lastValueFrom(client.emit('purchase', payload))` resolves once the
 * broker has the message. It is for messages that report no database change; those belong into an outbox.
 */
export class MessagingClient extends ClientProxy {
  readonly #options: MessagingClientOptions;
  readonly #sender: Sender;
  readonly #write: EnvelopeWriter;

  constructor(options: MessagingClientOptions) {
    super();
    this.#options = options;
    this.#sender = options.tracing?.sends(options.transport) ?? options.transport;
    this.#write = createEnvelopeWriter(options.source);
  }

  async connect(): Promise<void> {
    // A transport connects when it first sends.
  }

  async close(): Promise<void> {
    await this.#options.transport.close();
  }

  unwrap<T>(): T {
    return this.#options.transport as T;
  }

  protected override async dispatchEvent<T>({ pattern, data }: ReadPacket): Promise<T> {
    const contract = this.#contractOf(String(pattern));
    const envelope = this.#traced(this.#write(contract, data));
    await this.#sender.send([{ to: this.#options.route(contract), envelope }]);
    return undefined as T;
  }

  protected override publish(packet: ReadPacket): never {
    throw new Error(`send("${String(packet.pattern)}") waits for a reply, which messages do not have: use emit().`);
  }

  /** What is emitted belongs to what is under way. */
  #traced(envelope: Envelope): Envelope {
    const { tracing } = this.#options;
    return tracing ? { ...envelope, headers: tracing.headers() } : envelope;
  }

  #contractOf(type: string): Contract {
    const newest = this.#options.contracts
      .filter((contract) => contract.type === type)
      .reduce<Contract | undefined>((a, b) => (a && a.version > b.version ? a : b), undefined);
    if (newest) return newest;
    throw new Error(
      `No contract is called "${type}"; known are ${this.#options.contracts.map((c) => c.type).join(', ')}.`,
    );
  }
}
