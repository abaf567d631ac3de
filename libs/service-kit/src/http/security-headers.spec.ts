import { expect, it } from '@jest/globals';
import helmet from '@fastify/helmet';
import fastify, { type FastifyInstance } from 'fastify';
import { addSecurityHeaders, contentSecurityPolicy, type SecuredAnswers } from './security-headers.js';

async function headersOf(secure: (app: FastifyInstance) => unknown): Promise<Record<string, unknown>> {
  const app = fastify();
  await secure(app);
  app.get('/', async () => 'an answer');
  const { headers } = await app.inject('/');
  await app.close();
  return { ...headers, date: '' };
}

it('are what Helmet sets with the same policy', async () => {
  const directives = Object.fromEntries(
    Object.entries(contentSecurityPolicy).map(([name, sources]) => [name, [...sources]]),
  );
  const theirs = await headersOf((app) =>
    app.register(helmet, {
      contentSecurityPolicy: { useDefaults: false, directives },
      strictTransportSecurity: false,
      referrerPolicy: { policy: 'no-referrer' },
    }),
  );
  const ours = await headersOf((app) => addSecurityHeaders(app as unknown as SecuredAnswers));
  expect(ours).toEqual(theirs);
  expect(ours['content-security-policy']).toContain("default-src 'none';script-src 'self'");
});
