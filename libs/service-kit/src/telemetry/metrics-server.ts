import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { Problem } from '../http/problem.js';
import { answerOf } from '../http/problem-document.js';
import { StartupError } from '../startup-error.js';

export interface MetricsServerOptions {
  readonly registry: Registry;
  /** Told of readings that failed. */
  readonly logger: Pick<Logger, 'error'>;
}

/** A client that takes longer to ask is hung up on, in ms. */
const requestTimeoutMs = 5_000;

/**
 * `GET /metrics` on a port of its own, which the edge does not publish: who can reach a service's orders need not see
 * its insides. Everything else on that port is 404.
 */
export class MetricsServer {
  /** Guard it before it listens. */
  readonly server: Server;
  readonly #options: MetricsServerOptions;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
    const limits = {
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 1_000,
    };
    this.server = createServer(limits, (request, response) => void this.#answer(request, response));
  }

  /**
   * Begins to answer, and answers where.
   * @throws StartupError when something else listens there already
   */
  async listen(port: number, host: string): Promise<string> {
    this.server.listen(port, host);
    try {
      await once(this.server, 'listening');
    } catch (cause) {
      if ((cause as { code?: unknown }).code !== 'EADDRINUSE') throw cause;
      const advice = 'Set METRICS_PORT to another one, or to 0 for any that is free.';
      throw new StartupError(`Port ${port} of ${host} is taken. ${advice}`, { cause });
    }
    const { address, family, port: taken } = this.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}/metrics`;
  }

  /** Ends its connections as well: what reads metrics reads them again. Safe to call when it never listened. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  async #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    if ((method !== 'GET' && method !== 'HEAD') || url.split('?')[0] !== '/metrics') {
      return refuse(response, new Problem(404, 'not-found', `Cannot ${method} ${url}`), url);
    }
    try {
      const text = await this.#options.registry.metrics();
      response
        .writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE, 'cache-control': 'no-store' })
        .end(text);
    } catch (err) {
      this.#options.logger.error({ err }, 'the metrics could not be read');
      refuse(response, new Problem(500, 'internal-error', 'The metrics could not be read.', { cause: err }), url);
    }
  }
}

function refuse(response: ServerResponse, problem: Problem, url: string): void {
  const { status, headers, body } = answerOf(problem, url);
  response.writeHead(status, headers).end(body);
}
