import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { orderflow } from './command-line.js';
import { Scripts } from './scripts.js';

export interface Answer {
  /** 200 when absent. */
  readonly status?: number;
  /** A text is answered as it is, anything else as JSON. */
  readonly body: unknown;
}

/** What an ops API would answer, over real HTTP: a command cannot tell. */
export class OpsAnswers {
  /** Each request, its body behind it. */
  readonly asked: string[] = [];
  readonly #scripts = new Scripts();
  readonly #server: Server;
  readonly #answers: Readonly<Record<string, readonly Answer[]>>;
  readonly #turns = new Map<string, number>();

  private constructor(answers: Readonly<Record<string, readonly Answer[]>>) {
    this.#answers = answers;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** @param answers of each route, in turn; the last one again and again */
  static async serve(answers: Readonly<Record<string, readonly Answer[]>>): Promise<OpsAnswers> {
    const api = new OpsAnswers(answers);
    await once(api.#server.listen(0, '127.0.0.1'), 'listening');
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Runs a command against it. */
  run(...args: string[]): ReturnType<typeof orderflow> {
    const environment = { OPS_API_URL: this.url, ORDER_API_URL: 'http://127.0.0.1:1' };
    return orderflow(this.#scripts.directory, environment, ...args);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
    this.#scripts.remove();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = `${request.method} ${request.url}`;
    this.asked.push(`${route} ${await text(request)}`.trim());
    const turn = this.#turns.get(route) ?? 0;
    this.#turns.set(route, turn + 1);
    const all = this.#answers[route] ?? [];
    const { status = 200, body } = all[Math.min(turn, all.length - 1)] ?? { status: 404, body: { detail: route } };
    const content = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json' }).end(content);
  }
}
