import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type AllowList, createAllowList, guardServer, HttpGuard, type RefusalAnswer } from '@orderflow/http-guard';
import { answerOf, HttpEdge, Problem, problemOf } from '@orderflow/service-kit/http-edge';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Behaviour, type Instructions } from './behaviour.js';
import { type Charge, type ChargeOutcome, chargeRequest } from './charge.js';
import { ChargeLog } from './charge-log.js';
import { Charges, KeyReused } from './charges.js';

export interface GatewayOptions {
  /** Where charges are kept. */
  readonly dataFile: string;
  /** How long an idempotency key replays its answer, in ms; a day by default. */
  readonly keyLifetimeMs?: number;
  /** What a supervisor knows this process by; the header `orderflow-instance` of its health pages. */
  readonly instance?: string;
  /** By which names it may be called, and which pages may call it; by default loopback names, and no page of others. */
  readonly allowed?: AllowList;
  /** Called for each request that was refused for either. */
  readonly refused?: (refusal: RefusalAnswer) => void;
}

/** A payment provider for laptops and tests: real HTTP, real idempotency, and trouble on request. */
export async function createGateway({
  dataFile,
  keyLifetimeMs = 86_400_000,
  instance,
  allowed = createAllowList(),
  refused = () => undefined,
}: GatewayOptions): Promise<FastifyInstance> {
  const { log, charges: kept } = await ChargeLog.open(dataFile);
  const charges = new Charges(log, kept, keyLifetimeMs);
  const behaviour = new Behaviour();
  const app = createServer();
  const guard = new HttpGuard({ allowed, settings: { hosts: 'ALLOWED_HOSTS', origins: 'ALLOWED_ORIGINS' } });
  guardServer(app.server, guard, refused);
  app.addHook('onClose', () => log.close());

  // The second is where every app is asked whether it lives.
  for (const path of ['/health', '/health/live']) {
    app.get(path, (_request, reply) => {
      if (instance !== undefined) reply.header('orderflow-instance', instance);
      return { status: 'ok' };
    });
  }
  app.get('/charges/totals', () => charges.totals());
  app.get('/charges', ({ query }) => {
    const { reference } = parse(chargesQuery, query);
    return { charges: charges.ofReference(reference).map(viewOf) };
  });
  app.post('/charges', (request, reply) => charge(charges, behaviour, request, reply));
  app.get('/control', () => behaviour.instructions);
  app.post('/control', ({ headers }) => instruct(behaviour, headers));
  app.delete('/control', () => {
    behaviour.reset();
    return behaviour.instructions;
  });
  return app;
}

/** What it refuses, and how, is what every service refuses; faults of its own are logged, and nothing else. */
function createServer(): FastifyInstance {
  const logger = { level: 'error' };
  const edge = new HttpEdge(() => undefined);
  const app = Fastify({ ...edge.options, bodyLimit: 16_384, forceCloseConnections: 'idle', logger });
  app.removeContentTypeParser('text/plain');
  edge.guard(app);
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler(({ method, url }) => {
    throw new Problem(404, 'not-found', `Cannot ${method} ${url}`);
  });
  return app;
}

function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem =
    error instanceof KeyReused ? new Problem(422, 'idempotency-key-reused', error.message) : problemOf(error);
  if (problem.code === 'internal-error') request.log.error({ err: error }, problem.message);
  const { status, headers, body } = answerOf(problem, request.url);
  return reply.code(status).headers(headers).send(body);
}

interface IncomingCharge {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

async function charge(
  charges: Charges,
  behaviour: Behaviour,
  request: IncomingCharge,
  reply: FastifyReply,
): Promise<unknown> {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') throw badRequest('The header Idempotency-Key is missing.');
  const asked = parse(chargeRequest, request.body);
  await delay(behaviour.instructions.latencyMs);
  let cut = false;
  const made = await charges.once(key, asked, () => {
    const reaction = behaviour.react(key, asked.amount);
    if (reaction.kind === 'fail') throw outOfOrder(reaction.status);
    cut = reaction.kind === 'cut';
    return reaction.kind === 'decline' ? { status: 'declined', reason: reaction.reason } : captured();
  });
  if (cut) return cutOff(reply);
  return reply.code(made.status === 'captured' ? 201 : 402).send(viewOf(made));
}

/** Without an answer. */
function cutOff(reply: FastifyReply): FastifyReply {
  reply.hijack().raw.destroy();
  return reply;
}

/** A failure that was asked for. */
function outOfOrder(status: number): Problem {
  return new Problem(status, 'out-of-order', 'Out of order, as requested.');
}

function captured(): ChargeOutcome {
  return { status: 'captured', chargeId: `ch_${randomUUID()}` };
}

function viewOf({ idempotencyKey: _, ...charge }: Charge): Omit<Charge, 'idempotencyKey'> {
  return charge as Omit<Charge, 'idempotencyKey'>;
}

const chargesQuery = z.object({
  reference: z.string('must be given once, as ?reference=').min(1, 'must not be empty'),
});

const wholeNumber = z.coerce
  .number('must be a whole number')
  .int('must be a whole number')
  .min(0, 'must not be negative');
const controlHeaders = z.object({
  'latency-ms': wholeNumber.max(60_000, 'must be at most 60000').optional(),
  'fail-next': wholeNumber.optional(),
  'decline-next': wholeNumber.optional(),
});

function instruct(behaviour: Behaviour, headers: unknown): Instructions {
  const {
    'latency-ms': latencyMs,
    'fail-next': failNext,
    'decline-next': declineNext,
  } = parse(controlHeaders, headers);
  const changes: Partial<Instructions> = {
    ...(latencyMs !== undefined && { latencyMs }),
    ...(failNext !== undefined && { failNext }),
    ...(declineNext !== undefined && { declineNext }),
  };
  if (Object.keys(changes).length === 0) {
    throw badRequest(`Say what to do with a header: ${Object.keys(controlHeaders.shape).join(', ')}.`);
  }
  behaviour.instruct(changes);
  return behaviour.instructions;
}

/** @throws Problem that lists everything that is wrong */
function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'} ${message}`);
  throw badRequest(wrong.join('; '));
}

function badRequest(detail: string): Problem {
  return new Problem(400, 'invalid-request', detail);
}
