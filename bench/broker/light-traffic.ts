/** One message at a time, well apart: what it costs the broker, and what as many reads and writes cost bare Node.js. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ServiceBusClient } from '@azure/service-bus';
import type { Peer } from './child.js';
import { measure } from './rounds.js';
import { median } from '../kit/statistics.js';

/** Between one message and the next, ms. */
const GAP = 5;
const gap = () => new Promise((resolve) => setTimeout(resolve, GAP));
/** Messages one at a time until the compiler has nothing more to do about them. */
const WARM_UP_ALONE = 2_000;
/** What the broker reads and answers a message: the send, the credit, the settlement. */
const EXCHANGES = 3;
const REQUEST = Buffer.alloc(300);

export interface LightFigure {
  /** CPU of the server a message, µs. */
  readonly cpu: number;
  /** Send → handler, the median, ms. */
  readonly wait: number;
}

/** Send → handler → completed, under the unmodified SDK. */
export class LightTraffic {
  readonly #peer: Peer;
  readonly #sdk: ServiceBusClient;
  readonly #sender;
  #waits: number[] = [];
  #arrived: () => void = () => undefined;

  constructor(peer: Peer) {
    this.#peer = peer;
    this.#sdk = new ServiceBusClient(peer.connectionString);
    this.#sender = this.#sdk.createSender('a');
    this.#sdk.createReceiver('a').subscribe({
      processMessage: async ({ body }) => {
        this.#waits.push(performance.now() - Number(body));
        this.#arrived();
      },
      processError: async ({ error }) => Promise.reject(error),
    });
  }

  async round(count: number): Promise<LightFigure> {
    this.#waits = [];
    const { cpu } = await measure(this.#peer, count, async () => {
      for (let i = 0; i < count; i++) {
        await this.#message();
        await gap();
      }
      return 0;
    });
    return { cpu, wait: median(this.#waits) };
  }

  /**
   * A server runs for days: what it does with its first messages says little. The last of them come one at a time, as
   * those do that are measured: the compiler is at work again when the traffic becomes another.
   */
  async warmUp(count: number): Promise<void> {
    this.#waits = [];
    for (let i = 0; i < count; i += 100) {
      await Promise.all(Array.from({ length: 100 }, () => this.#sender.sendMessages({ body: 0 })));
    }
    while (this.#waits.length < count) await gap();
    for (let i = 0; i < WARM_UP_ALONE; i++) await this.#message();
  }

  close(): Promise<void> {
    return this.#sdk.close();
  }

  async #message(): Promise<void> {
    const handled = new Promise<void>((resolve) => (this.#arrived = resolve));
    await this.#sender.sendMessages({ body: performance.now() });
    await handled;
  }
}

/** As many reads and writes as {@link LightTraffic} brings, as far apart, to `echo-process.ts`. */
export class LightEcho {
  readonly #peer: Peer;
  readonly #socket: Socket;

  constructor(peer: Peer) {
    this.#peer = peer;
    this.#socket = connect({ port: peer.port, host: '127.0.0.1', noDelay: true });
  }

  /** @returns CPU of the server for what would be a message, µs */
  async round(count: number): Promise<number> {
    const { cpu } = await measure(this.#peer, count, async () => {
      for (let i = 0; i < count; i++) {
        await this.#message();
        await gap();
      }
      return 0;
    });
    return cpu;
  }

  async warmUp(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.#message();
  }

  close(): void {
    this.#socket.destroy();
  }

  async #message(): Promise<void> {
    for (let exchange = 0; exchange < EXCHANGES; exchange++) {
      this.#socket.write(REQUEST);
      await once(this.#socket, 'data');
    }
  }
}
