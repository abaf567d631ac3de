import type { FastifyInstance } from 'fastify';
import { Problem } from '@orderflow/service-kit';

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
