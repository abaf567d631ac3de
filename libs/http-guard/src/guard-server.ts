import { type IncomingMessage, type Server, ServerResponse, STATUS_CODES } from 'node:http';
import type { Writable } from 'node:stream';
import type { HttpGuard, RefusalAnswer } from './http-guard.js';

/** Every event by which Node hands out a request; the second argument is where the answer goes. */
const REQUESTS: ReadonlySet<unknown> = new Set(['request', 'checkContinue', 'checkExpectation', 'upgrade', 'connect']);

/**
 * Answers the requests of a server that are not allowed, and hands out the others only. It does so where the server
 * emits them, before any listener: a framework has requests that neither its hooks nor its error handlers see, such as
 * those with a path that it cannot decode, and a WebSocket never was a request to it.
 * @param refused called with each refusal, for a log and a count
 */
export function guardServer(server: Server, guard: HttpGuard, refused: (refusal: RefusalAnswer) => void): void {
  const emit = server.emit.bind(server) as (event: unknown, ...args: unknown[]) => boolean;
  server.emit = (event: unknown, ...args: unknown[]): boolean => {
    const refusal = REQUESTS.has(event) ? guard.check(args[0] as IncomingMessage) : undefined;
    if (!refusal) return emit(event, ...args);
    refused(refusal);
    // Nobody waits for a next request of a stranger while the server closes.
    answer(args[1] as ServerResponse | Writable, refusal, !server.listening);
    return true;
  };
}

function answer(to: ServerResponse | Writable, { status, headers, body }: RefusalAnswer, last: boolean): void {
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)) };
  if (to instanceof ServerResponse) {
    to.writeHead(status, last ? { ...all, connection: 'close' } : all).end(body);
    return;
  }
  // A connection that has left HTTP, and has no response any more.
  const lines = Object.entries({ ...all, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  to.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}
