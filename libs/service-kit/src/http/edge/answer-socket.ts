import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Problem } from '../problem.js';
import { answerOf } from '../problem-document.js';

/**
 * How long a connection is read on after its last answer, in milliseconds. Closed with bytes unread, it would be reset,
 * and the answer lost on the way.
 */
const lingerMs = 500;

/** Answers on a connection on which no request could be read, and ends it. */
export function answerSocket(socket: Duplex, problem: Problem): void {
  const { status, headers, body } = answerOf(problem, '');
  const fields = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
}
