import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerOf } from '../problem-document.js';
import { Problem } from '../problem.js';
import { answerSocket } from './answer-socket.js';
import { longestTarget, targetTooLong } from './check-request.js';
import type { RouteTable } from './route-table.js';

/** What was refused before there was a request that could be logged. */
export interface Refusal {
  readonly problem: Problem;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

/** What Node reports of bytes that are no request. */
interface ClientError extends Error {
  readonly code?: string;
  /** Of the parser, in a few words. */
  readonly reason?: string;
  /** The bytes that were read last, in a Buffer. */
  readonly rawPacket?: unknown;
}

/** Makes problem documents of what Node would answer with bare text, or by hanging up. */
export class UnreadableRequests {
  readonly #log: (refusal: Refusal) => void;
  /** The response that is under way on a connection. */
  readonly #responses = new WeakMap<Duplex, ServerResponse>();
  readonly #answered = new WeakSet<Duplex>();

  constructor(log: (refusal: Refusal) => void) {
    this.#log = log;
  }

  watch(server: Server, routes: RouteTable): void {
    server.on('request', (request, response) => this.#responses.set(request.socket, response));
    server.on('checkExpectation', (request, response) => this.#refuseExpectation(request, response));
    server.on('connect', (request: IncomingMessage, socket: Duplex) => this.#refuseTunnel(request, socket, routes));
  }

  /** For Fastify's `clientErrorHandler`. */
  readonly onClientError = (error: ClientError, socket: Duplex): void => {
    // Reported again for whatever follows; and where an answer has begun, another one would be taken for its end.
    if (this.#answered.has(socket)) return;
    this.#answered.add(socket);
    const response = this.#responses.get(socket);
    const begun = response !== undefined && response.headersSent && !response.writableFinished;
    if (error.code === 'ECONNRESET' || !socket.writable || begun) {
      socket.destroy();
      return;
    }
    const problem = problemOfClient(error);
    this.#log({ problem });
    answerSocket(socket, problem);
  };

  #refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
    const detail = `The expectation "${request.headers.expect}" cannot be met. Leave the header Expect out.`;
    const problem = new Problem(417, 'expectation-failed', detail, { headers: { connection: 'close' } });
    this.#log({ problem, method: request.method, url: request.url });
    const { status, headers, body } = answerOf(problem, request.url ?? '');
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
  }

  #refuseTunnel({ method, url }: IncomingMessage, socket: Duplex, routes: RouteTable): void {
    const headers = { allow: routes.methods.join(', ') };
    const problem = new Problem(405, 'method-not-allowed', 'There are no tunnels here.', { headers });
    this.#log({ problem, method, url });
    answerSocket(socket, problem);
  }
}

function problemOfClient(error: ClientError): Problem {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'request-timeout', 'The request did not arrive in time. Send it again.', {
        cause: error,
      });
    case 'HPE_HEADER_OVERFLOW':
      return headTooLarge(error);
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(413, 'body-too-large', 'The extensions of the chunks are too large.', { cause: error });
    default: {
      const detail = `This is no request of HTTP/1.1: ${error.reason ?? 'it cannot be read'}.`;
      return new Problem(400, 'bad-request', detail, { cause: error });
    }
  }
}

/** Node counts the request line and the headers together. */
function headTooLarge(cause: ClientError): Problem {
  const start = Buffer.isBuffer(cause.rawPacket) ? cause.rawPacket.toString('latin1', 0, longestTarget) : '';
  if (start.length === longestTarget && /^[A-Z]+ [^\r\n]+$/.test(start)) return targetTooLong();
  const detail = 'The headers are too large: at most 16 KiB together with the request line.';
  return new Problem(431, 'headers-too-large', detail, { cause });
}
