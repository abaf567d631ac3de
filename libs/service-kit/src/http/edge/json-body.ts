import type { FastifyInstance } from 'fastify';
import { Problem } from '../problem.js';

/** Refuses what is not UTF-8 instead of replacing it; leaves a byte order mark out, as RFC 8259, section 8.1, allows. */
const utf8 = new TextDecoder('utf-8', { fatal: true });
const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i;

/** Reads JSON bodies as RFC 8259 says: in UTF-8. Fastify's own parser replaces what is none, and so stores other text. */
export function readJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      requireUtf8(request.headers['content-type']);
      void parse(request, decode(body as Buffer), done);
    } catch (error) {
      done(error as Error);
    }
  });
}

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new Problem(400, 'not-utf-8', 'The body is not text in UTF-8.', { cause });
  }
}

function requireUtf8(contentType = ''): void {
  const named = charset.exec(contentType)?.[1];
  if (named === undefined || /^utf-?8$/i.test(named)) return;
  throw new Problem(415, 'unsupported-media-type', `JSON is read in UTF-8 only, not in ${named}.`);
}
