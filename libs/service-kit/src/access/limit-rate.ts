import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { GuardedRequest } from './declare-access.js';
import type { ProcessConfig } from '../config/process-config.js';
import { Problem } from '../http/problem.js';

/** Clients that are counted at a time; the one that was quiet for longest is forgotten first. */
const countedClients = 10_000;

/**
 * Bounds how often one client may ask one replica, where tokens say who it is: a limit for a whole deployment is the
 * edge's. Health and metrics are not counted, nor are requests that were refused before.
 */
export async function limitRate(fastify: FastifyInstance, config: ProcessConfig): Promise<void> {
  const { RATE_LIMIT: max = 6_000, AUTH_ISSUER: issuer } = config;
  if (issuer === undefined || max === 0) return;
  await fastify.register(rateLimit, {
    max,
    timeWindow: 60_000,
    cache: countedClients,
    // After the guard's own hook has said who it is.
    hook: 'preParsing',
    keyGenerator: (request: FastifyRequest) => {
      const { caller } = request as GuardedRequest;
      return caller ? `${caller.client} ${caller.subject}` : request.ip;
    },
    allowList: (request: FastifyRequest) => (request as GuardedRequest).caller === undefined,
    errorResponseBuilder: (_request, { ttl }) => tooMany(max, ttl),
  });
}

function tooMany(max: number, ttlMs: number): Problem {
  const seconds = String(Math.max(1, Math.ceil(ttlMs / 1_000)));
  const detail = `One client may ask a replica ${max} times a minute. Try again in ${seconds} s.`;
  return new Problem(429, 'too-many-requests', detail, { headers: { 'retry-after': seconds } });
}
