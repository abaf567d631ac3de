import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { Log } from '../log.js';
import { protocolOf } from './first-byte.js';
import type { Certificate } from './certificate.js';

/** A client that has not sent a byte for this long, in ms, is disconnected. */
const FIRST_BYTE_TIMEOUT = 60_000;

interface MultiplexedPortOptions {
  readonly log: Log;
  /** Takes a client that speaks HTTP; it is paused. */
  readonly http: (stream: Socket) => void;
  /** Takes a client that speaks AMQP; it is paused. */
  readonly amqp: (stream: Duplex) => void;
  /** Without it a client that begins with TLS is turned away. */
  readonly certificate?: Certificate | undefined;
}

/** A port that serves AMQP and HTTP, each with and without TLS: a client's first byte tells which it speaks. */
export class MultiplexedPort {
  readonly #options: MultiplexedPortOptions;
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;
  readonly #sockets = new Set<Socket>();
  #stopped: Promise<void> | undefined;

  constructor(options: MultiplexedPortOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#detectProtocol(socket));
    this.#tls = options.certificate && createTlsServer(options.certificate, (socket) => this.#detectProtocol(socket));
    this.#tls?.on('tlsClientError', (error) => options.log('debug', 'A TLS handshake failed.', { error }));
  }

  /**
   * Listens. @returns the port
   * @throws when the port is taken
   */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: 4096 }, resolve);
    });
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Takes no more clients. */
  stop(): void {
    this.#stopped ??= new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Disconnects the clients there still are. Resolves when all are disconnected. */
  async close(): Promise<void> {
    this.stop();
    for (const socket of this.#sockets) socket.destroy();
    await this.#stopped;
  }

  /** Waits for the first byte, and hands the client over by the protocol it speaks. */
  #detectProtocol(socket: Socket): void {
    socket.setNoDelay(true);
    socket.setTimeout(FIRST_BYTE_TIMEOUT, () => socket.destroy());
    socket.on('error', () => undefined); // 'close' follows.
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.once('data', (chunk: Buffer) => {
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.pause();
      socket.unshift(chunk);
      this.#handOver(socket, chunk[0] ?? 0);
    });
  }

  #handOver(socket: Socket, firstByte: number): void {
    const protocol = protocolOf(firstByte);
    if (protocol === 'tls') return this.#startTls(socket);
    if (protocol === 'http') this.#options.http(socket);
    else this.#options.amqp(socket);
  }

  #startTls(socket: Socket): void {
    if (this.#tls) {
      this.#tls.emit('connection', socket);
      return;
    }
    const hint = 'Start it with a certificate, or add UseDevelopmentEmulator=true to the connection string.';
    this.#options.log('warn', `A client began with TLS, which this broker was not told to speak. ${hint}`);
    socket.destroy();
  }
}
