import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type AllowList, createAllowList, guardServer, HttpGuard, type RefusalAnswer } from '@orderflow/http-guard';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
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
  /** Told of requests that were refused for either; by default nobody. */
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
  const app = Fastify({ bodyLimit: 16_384, forceCloseConnections: 'idle' });
  const guard = new HttpGuard({ allowed, settings: { hosts: 'ALLOWED_HOSTS', origins: 'ALLOWED_ORIGINS' } });
  guardServer(app.server, guard, refused);
  app.addHook('onClose', () => log.close());
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    problem(reply, error instanceof KeyReused ? 422 : (error.statusCode ?? 500), error.message),
  );

  // The second is where every app is asked whether it lives.
  for (const path of ['/health', '/health/live']) {
    app.get(path, (_request, reply) => {
      if (instance !== undefined) reply.header('orderflow-instance', instance);
      return { status: 'ok' };
    });
  }
  app.get('/charges/totals', () => charges.totals());
  app.get<{ Querystring: { reference?: string } }>('/charges', ({ query }, reply) =>
    query.reference
      ? { charges: charges.ofReference(query.reference).map(answerOf) }
      : problem(reply, 400, 'Say which: ?reference='),
  );
  app.post('/charges', (request, reply) => charge(charges, behaviour, request, reply));
  app.get('/control', () => behaviour.instructions);
  app.post('/control', ({ headers }, reply) => instruct(behaviour, headers, reply));
  app.delete('/control', () => {
    behaviour.reset();
    return behaviour.instructions;
  });
  return app;
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
  if (typeof key !== 'string' || key === '') return problem(reply, 400, 'The header Idempotency-Key is missing.');
  const parsed = chargeRequest.safeParse(request.body);
  if (!parsed.success) return problem(reply, 400, listProblems(parsed.error));
  await delay(behaviour.instructions.latencyMs);
  let cut = false;
  const made = await charges.once(key, parsed.data, () => {
    const reaction = behaviour.react(key, parsed.data.amount);
    if (reaction.kind === 'fail') throw new OutOfOrder(reaction.status);
    cut = reaction.kind === 'cut';
    return reaction.kind === 'decline' ? { status: 'declined', reason: reaction.reason } : captured();
  });
  if (cut) return reply.raw.destroy();
  return reply.code(made.status === 'captured' ? 201 : 402).send(answerOf(made));
}

/** A failure that was asked for. */
class OutOfOrder extends Error {
  constructor(readonly statusCode: number) {
    super('Out of order, as requested.');
  }
}

function captured(): ChargeOutcome {
  return { status: 'captured', chargeId: `ch_${randomUUID()}` };
}

function answerOf({ idempotencyKey: _, ...charge }: Charge): Omit<Charge, 'idempotencyKey'> {
  return charge as Omit<Charge, 'idempotencyKey'>;
}

const wholeNumber = z.coerce
  .number('must be a whole number')
  .int('must be a whole number')
  .min(0, 'must not be negative');
const controlHeaders = z.object({
  'latency-ms': wholeNumber.max(60_000, 'must be at most 60000').optional(),
  'fail-next': wholeNumber.optional(),
  'decline-next': wholeNumber.optional(),
});

function instruct(behaviour: Behaviour, headers: unknown, reply: FastifyReply): unknown {
  const parsed = controlHeaders.safeParse(headers);
  if (!parsed.success) return problem(reply, 400, listProblems(parsed.error));
  const { 'latency-ms': latencyMs, 'fail-next': failNext, 'decline-next': declineNext } = parsed.data;
  const changes: Partial<Instructions> = {
    ...(latencyMs !== undefined && { latencyMs }),
    ...(failNext !== undefined && { failNext }),
    ...(declineNext !== undefined && { declineNext }),
  };
  if (Object.keys(changes).length === 0) {
    return problem(reply, 400, `Say what to do with a header: ${Object.keys(controlHeaders.shape).join(', ')}.`);
  }
  behaviour.instruct(changes);
  return behaviour.instructions;
}

function listProblems({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'the body'} ${message}`).join('; ');
}

/** RFC 9457. */
function problem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply.code(status).type('application/problem+json').send({ type: 'about:blank', status, detail });
}
