import type { ServerResponse } from 'node:http';

/** An answer is data, loads nothing and is in no frame; but for the page that tries the API out (`/docs`). */
export const contentSecurityPolicy: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'frame-ancestors': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
};

/**
 * Headers for browsers on every answer: Helmet's with the policy above, which a test compares. TLS is the edge's, which
 * therefore says for how long it is to be used.
 */
const securityHeaders: readonly (readonly [name: string, value: string])[] = Object.entries({
  'content-security-policy': Object.entries(contentSecurityPolicy)
    .map(([directive, sources]) => [directive, ...sources].join(' '))
    .join(';'),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
});

/** The part of a Fastify instance that is needed here. */
export interface SecuredAnswers {
  addHook(
    name: 'onRequest',
    hook: (request: unknown, reply: { readonly raw: ServerResponse }, done: () => void) => void,
  ): unknown;
}

/** Adds them to all answers of requests that get here; `@fastify/helmet` works them out for each anew. */
export function addSecurityHeaders(fastify: SecuredAnswers): void {
  fastify.addHook('onRequest', (_, { raw }, done) => {
    for (const [name, value] of securityHeaders) raw.setHeader(name, value);
    done();
  });
}
