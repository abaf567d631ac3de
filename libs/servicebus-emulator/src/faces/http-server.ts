import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An HTTP server without a port of its own: clients are handed to it. */
export class HttpServer {
  readonly #server: Server;

  /** @param handler must not reject */
  constructor(handler: HttpHandler) {
    this.#server = createServer((request, response) => void handler(request, response));
  }

  accept(socket: Duplex): void {
    this.#server.emit('connection', socket);
  }

  /** Takes over requests that leave HTTP, such as for a WebSocket. */
  onUpgrade(upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void {
    this.#server.on('upgrade', upgrade);
  }
}
