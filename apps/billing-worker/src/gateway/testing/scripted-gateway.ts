import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How one request is answered. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** What the gateway was asked. */
export interface SeenRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  /** The idempotency key. */
  readonly key: unknown;
}

/** Answers with a status and a JSON body. */
export function answer(status: number, body: unknown): Answer {
  return (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A payment gateway that gives the scripted answers, over real HTTP; status 500 when it has none left. */
export class ScriptedGateway {
  readonly answers: Answer[] = [];
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push({ method: request.method, url: request.url, key: request.headers['idempotency-key'] });
      void (this.answers.shift() ?? answer(500, { error: 'no answer left' }))(request, response);
    });
  }

  static async start(): Promise<ScriptedGateway> {
    const gateway = new ScriptedGateway();
    await new Promise<void>((resolve) => gateway.#server.listen(0, '127.0.0.1', resolve));
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
