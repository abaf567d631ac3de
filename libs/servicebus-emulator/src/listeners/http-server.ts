import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { guardServer, type HttpGuard } from '@orderflow/http-guard';

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface HttpServerOptions {
  /** Must not reject. */
  readonly handler: HttpHandler;
  /** Asked about every request, one that leaves HTTP included, before anything else sees it. */
  readonly guard: HttpGuard;
  /** Told why a request was refused. */
  readonly refused: (detail: string) => void;
}

/** An HTTP server without a port of its own: clients are handed to it. */
export class HttpServer {
  readonly #server: Server;

  constructor({ handler, guard, refused }: HttpServerOptions) {
    // The guard answers a request without a host with more than a status.
    const options = { requireHostHeader: false };
    this.#server = createServer(options, (request, response) => void handler(request, response));
    guardServer(this.#server, guard, ({ detail }) => refused(detail));
  }

  accept(socket: Duplex): void {
    this.#server.emit('connection', socket);
  }

  /** Takes over requests that leave HTTP, such as for a WebSocket. */
  onUpgrade(upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void {
    this.#server.on('upgrade', upgrade);
  }
}
