import amqp, { type Channel, type ChannelModel, type ConfirmChannel } from 'amqplib';
import type { Clock } from '../../clock.js';
import { TransportError } from '../../transport.js';
import { gatherWrites } from './gather-writes.js';
import type { RabbitMqAddress, RabbitMqTls, ResolvedOptions } from './options.js';
import { readDeliveries } from './read-deliveries.js';
import { translateError } from './translate-error.js';
import { waitAtMost } from '../wait-at-most.js';

/** The first pause between two attempts to reach the broker, in milliseconds; it doubles from there. */
const firstPauseMs = 100;
/** How long a closing connection is waited for, in milliseconds. */
const closingMs = 2_000;
/** How long one attempt to connect may take, in milliseconds. */
const connectTimeoutMs = 10_000;

/** An open connection. */
export interface OpenConnection {
  readonly model: ChannelModel;
  /** Ends when the connection is lost or closed; never rejects. */
  readonly lost: Promise<TransportError>;
  readonly isLost: () => boolean;
}

/** What a connection is opened with. */
export interface ConnectionParts {
  /** Asked for each attempt: the password may be another by then. */
  readonly addresses: () => readonly RabbitMqAddress[];
  readonly tls: RabbitMqTls | undefined;
  readonly name: string;
  readonly options: ResolvedOptions;
  /** Runs on each new connection before anybody gets it. */
  readonly prepare: (model: ChannelModel) => Promise<void>;
}

/**
 * One connection to the broker, opened when it is first used and again after it was lost. Whoever uses it asks for it
 * each time; attempts are shared, and pause between failures.
 */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #clock: Clock;
  #current: OpenConnection | undefined;
  #opening: Promise<OpenConnection> | undefined;
  #failures = 0;
  #next = 0;
  #notBefore = 0;
  #blocked: string | undefined;
  #closed = false;
  #onBlocked: () => void = () => {};

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#clock = parts.options.clock;
  }

  /** Why the broker takes no messages at the moment (an alarm); undefined while it does. */
  get blocked(): string | undefined {
    return this.#blocked;
  }

  /** Calls `listener` whenever the broker begins or ends to take no messages. */
  onBlockedChanged(listener: () => void): void {
    this.#onBlocked = listener;
  }

  /** How long to wait before the next attempt is worth while, in milliseconds. */
  get pauseMs(): number {
    return Math.max(0, this.#notBefore - this.#clock.now());
  }

  /** The open connection, after one attempt to open it if need be. Rejects with a TransportError. */
  open(): Promise<OpenConnection> {
    if (this.#closed) return Promise.reject(new TransportError('Closed', 'The RabbitMQ transport is closed.', false));
    if (this.#current !== undefined) return Promise.resolve(this.#current);
    this.#opening ??= this.#connect().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  /** A channel of its own on the open connection. */
  async channel(): Promise<Channel> {
    return this.#withListener(await (await this.open()).model.createChannel());
  }

  async confirmChannel(): Promise<ConfirmChannel> {
    return this.#withListener(await (await this.open()).model.createConfirmChannel());
  }

  async close(): Promise<void> {
    this.#closed = true;
    const opening = this.#opening?.catch(() => undefined);
    const open = this.#current ?? (await opening);
    if (open === undefined) return;
    // One that was lost meanwhile has nothing to close.
    await waitAtMost(
      closingMs,
      this.#clock,
      open.model.close().catch(() => {}),
    );
  }

  /** The error is seen by whoever uses the channel: its calls reject, and it closes. */
  #withListener<C extends Channel>(channel: C): C {
    channel.on('error', () => {});
    return channel;
  }

  async #connect(): Promise<OpenConnection> {
    const addresses = this.#parts.addresses();
    const address = addresses[this.#next % addresses.length] as RabbitMqAddress;
    try {
      const model = await this.#dial(address);
      gatherWrites(model);
      readDeliveries(model);
      const open = this.#watch(model);
      try {
        await this.#parts.prepare(model);
      } catch (error) {
        await waitAtMost(
          closingMs,
          this.#clock,
          model.close().catch(() => {}),
        );
        throw error;
      }
      this.#failures = 0;
      if (!open.isLost()) this.#current = open;
      return open;
    } catch (error) {
      this.#next += 1;
      this.#pause();
      throw translateError(error, `connect to RabbitMQ at ${address.hostname}:${address.port}`);
    }
  }

  #dial({ vhost, ...address }: RabbitMqAddress): Promise<ChannelModel> {
    const { name, options, tls } = this.#parts;
    return amqp.connect(
      { ...address, vhost: encodeURIComponent(vhost), heartbeat: options.heartbeatSeconds },
      {
        noDelay: true,
        timeout: Math.min(connectTimeoutMs, options.requestTimeoutMs),
        clientProperties: { connection_name: name },
        ...(address.protocol === 'amqps' && { minVersion: 'TLSv1.2' as const, ...tls }),
      },
    );
  }

  #watch(model: ChannelModel): OpenConnection {
    let cause: Error | undefined;
    let isLost = false;
    const lost = new Promise<TransportError>((resolve) => {
      model.on('close', (error?: Error) => {
        isLost = true;
        if (this.#current?.model === model) this.#current = undefined;
        this.#setBlocked(undefined);
        resolve(connectionLost(cause ?? error));
      });
    });
    model.on('error', (error) => (cause = error));
    model.on('blocked', (reason) => this.#setBlocked(reason));
    model.on('unblocked', () => this.#setBlocked(undefined));
    return { model, lost, isLost: () => isLost };
  }

  #setBlocked(reason: string | undefined): void {
    if (reason === this.#blocked) return;
    this.#blocked = reason;
    this.#onBlocked();
  }

  /** Longer after each failure, and different for each process: the broker comes back to all of them at once. */
  #pause(): void {
    const longest = Math.min(firstPauseMs * 2 ** this.#failures, this.#parts.options.maxReconnectDelayMs);
    this.#failures += 1;
    this.#notBefore = this.#clock.now() + longest * (0.5 + Math.random() / 2);
  }
}

function connectionLost(cause: Error | undefined): TransportError {
  const message = `The connection to RabbitMQ was lost: ${cause?.message ?? 'it was closed from the other end'}.`;
  return new TransportError('Unreachable', message, true, { cause });
}
