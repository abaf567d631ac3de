import type { IncomingMessage } from 'node:http';

/** No description is longer: a rule has 1,024 characters, and there are few properties. */
const LIMIT = 1024 * 1024;

export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/** The text of a request's body. @throws BodyTooLargeError */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMIT) throw new BodyTooLargeError(`The body is longer than ${LIMIT} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
}
