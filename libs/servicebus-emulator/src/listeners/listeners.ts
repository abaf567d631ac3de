import type { Duplex } from 'node:stream';
import type { HttpGuard } from '@orderflow/http-guard';
import type { Log } from '../log.js';
import type { Certificate } from './certificate.js';
import { type HttpHandler, HttpServer } from './http-server.js';
import { WebSockets } from './web-sockets.js';
import { MultiplexedPort } from './multiplexed-port.js';

interface ListenersOptions {
  readonly log: Log;
  /** Answers HTTP from the first instant. */
  readonly http: HttpHandler;
  /** Which requests there are answers for at all. */
  readonly guard: HttpGuard;
  readonly certificate?: Certificate | undefined;
}

/** The ports of a broker and what is spoken there. AMQP clients that come before the broker is ready wait. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #http: HttpServer;
  readonly #ports: MultiplexedPort[] = [];
  readonly #early = new Set<Duplex>();
  #amqp: ((stream: Duplex) => void) | undefined;

  constructor(options: ListenersOptions) {
    this.#options = options;
    this.#http = new HttpServer({
      handler: options.http,
      guard: options.guard,
      refused: (detail) => options.log('warn', `An HTTP request was refused. ${detail}`),
    });
    const webSockets = new WebSockets((stream) => this.#acceptAmqp(stream));
    this.#http.onUpgrade((request, socket, head) => webSockets.upgrade(request, socket, head));
  }

  /**
   * Listens on one more port; all ports serve the same. @returns the port
   * @throws when the port is taken
   */
  async listen(host: string, port: number): Promise<number> {
    const { log, certificate } = this.#options;
    const shared = new MultiplexedPort({
      log,
      certificate,
      http: (socket) => {
        this.#http.accept(socket);
        process.nextTick(() => socket.resume());
      },
      amqp: (stream) => this.#acceptAmqp(stream),
    });
    this.#ports.push(shared);
    return shared.listen(host, port);
  }

  /** From now on AMQP clients are served. */
  open(amqp: (stream: Duplex) => void): void {
    this.#amqp = amqp;
    for (const stream of this.#early) this.#acceptAmqp(stream);
    this.#early.clear();
  }

  /** Takes no more clients. */
  stop(): void {
    for (const port of this.#ports) port.stop();
  }

  /** Disconnects the clients there still are. Resolves when all are disconnected. */
  async close(): Promise<void> {
    await Promise.all(this.#ports.map((port) => port.close()));
  }

  #acceptAmqp(stream: Duplex): void {
    if (this.#amqp) {
      this.#amqp(stream);
      process.nextTick(() => stream.resume());
      return;
    }
    this.#early.add(stream);
    stream.once('close', () => this.#early.delete(stream));
  }
}
