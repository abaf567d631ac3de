import { Problem } from '@orderflow/service-kit';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

/** The most that one `/receive` or `/peek` answers. */
const mostMessages = 1_000;
const longestIdleSeconds = 60;

const wholeNumber = `must be a whole number from 1 to ${mostMessages}`;
const max = z
  .string()
  .regex(/^\d{1,4}$/, wholeNumber)
  .default(String(mostMessages))
  .transform(Number)
  .refine((value) => value >= 1 && value <= mostMessages, wholeNumber);

const seconds = `must be a number of seconds above 0 and up to ${longestIdleSeconds}`;
const idleTimeout = z
  .string()
  .regex(/^\d{1,2}(\.\d{1,3})?$/, seconds)
  .default('3')
  .transform(Number)
  .refine((value) => value > 0 && value <= longestIdleSeconds, seconds);

/** The query of `GET /receive`. */
export const receiveQuery = z.strictObject({ idleTimeout, max });
export type ReceiveQuery = z.infer<typeof receiveQuery>;

/** The query of `GET /peek`. */
export const peekQuery = z.strictObject({ max });
export type PeekQuery = z.infer<typeof peekQuery>;

const raw = 'application/octet-stream';

/**
 * Hands the body of POST requests to `path` over as bytes, whatever media type they claim: `curl --data` says
 * form-urlencoded and means text.
 */
export function takeRawBody(server: FastifyInstance, path: string): void {
  server.addContentTypeParser(raw, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addHook('onRequest', (request, _reply, done) => {
    if (request.method === 'POST' && request.routeOptions.url === path) request.headers['content-type'] = raw;
    done();
  });
}

/** The bytes as text. Throws a {@link Problem} for what is not UTF-8: it could not come out as it went in. */
export function textOfBody(body: unknown): string {
  if (!(body instanceof Uint8Array)) return '';
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch (error) {
    throw new Problem(400, 'not-utf-8', 'The body is not text in UTF-8.', { cause: error });
  }
}
