import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Some HTTP server of somebody else, over a real port. */
export class HttpServer {
  /** Each request, e.g. `GET /ops/pause`. */
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#server = createServer((request, response) => {
      this.asked.push(`${request.method} ${request.url}`);
      answer(request, response);
    });
  }

  /** @param answer to each request; one that it leaves open is not answered */
  static async start(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<HttpServer> {
    const server = new HttpServer(answer);
    await once(server.#server.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
