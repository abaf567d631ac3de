import { DependencyAwayError, PermanentError } from '@orderflow/messaging';
import { z } from 'zod';
import { retryAfterMs } from './retry-after.js';
import { type HttpAnswer, HttpExchange, type HttpRequest } from './http-exchange.js';
import type { ChargeOutcome, ChargeRequest, PaymentGateway } from './payment-gateway.js';

export interface HttpPaymentGatewayOptions {
  /** The gateway's address, without a trailing path. */
  readonly url: string;
  /** Gives up on one call after this many ms. */
  readonly timeoutMs: number;
}

/** What the gateway is called where it is away. */
export const gatewayName = 'gateway';

/**
 * Answers that are no fault of an order: a gateway in trouble or asking for patience, and one that does not know us or
 * our address. 409 is the order's: another charge with its key is under way.
 */
const awayStatuses: ReadonlySet<number> = new Set([401, 403, 404, 408, 425, 429]);

const captured = z.object({ status: z.literal('captured'), chargeId: z.string().min(1) });
/** A decline is an outcome, however the provider words it, and also when it gives no reason. */
const declined = z.object({ status: z.literal('declined'), reason: z.string().catch('') });
const outcome = z.discriminatedUnion('status', [captured, declined]);
const found = z.object({ charges: z.array(outcome) });

/**
 * A payment gateway over HTTP with a time limit for each call. What fails because the gateway is away throws a
 * `DependencyAwayError`, so that the queue pauses and no order pays for it; what may succeed later throws an ordinary
 * error; what the gateway will never accept throws a `PermanentError`.
 */
export class HttpPaymentGateway implements PaymentGateway {
  readonly #exchange: HttpExchange;

  constructor({ url, timeoutMs }: HttpPaymentGatewayOptions) {
    this.#exchange = new HttpExchange(url, timeoutMs);
  }

  /**
   * Resolves when the gateway answers its health page, rejects when it cannot be reached or says that it is in trouble.
   * One that has no such page answers too: whether it takes charges, a charge will show.
   */
  async probe(signal: AbortSignal): Promise<void> {
    const answer = await this.#ask('/health', signal);
    if (answer.status >= 500) throw away(answer);
  }

  async charge(idempotencyKey: string, request: ChargeRequest, signal: AbortSignal): Promise<ChargeOutcome> {
    const response = await this.#call('/charges', signal, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify(request),
    });
    if (response.status === 201 || response.status === 402) return read(outcome, response);
    throw new PermanentError('GatewayRefused', `The payment gateway refused the charge: ${describe(response)}`);
  }

  async find(reference: string, signal: AbortSignal): Promise<ChargeOutcome | undefined> {
    const response = await this.#call(`/charges?reference=${encodeURIComponent(reference)}`, signal);
    if (response.status !== 200) {
      throw new PermanentError('GatewayRefused', `The payment gateway refused the look-up: ${describe(response)}`);
    }
    return read(found, response).charges[0];
  }

  async #call(path: string, signal: AbortSignal, request: HttpRequest = {}): Promise<GatewayResponse> {
    const answer = await this.#ask(path, signal, request);
    const { status, text } = answer;
    if (status >= 500 || isRedirection(status) || awayStatuses.has(status)) throw away(answer);
    if (status === 409) throw new Error(answered(answer));
    return { status, body: parse(text) };
  }

  /** Whatever the network does to a call is the gateway's absence; what our own signal does is not. */
  async #ask(path: string, signal: AbortSignal, request: HttpRequest = {}): Promise<HttpAnswer> {
    try {
      return await this.#exchange.ask(path, signal, request);
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw new DependencyAwayError(gatewayName, `The payment gateway cannot be reached: ${String(cause)}`, { cause });
    }
  }
}

/** It has moved: `PAYMENT_GATEWAY_URL` has to be changed, and no order is to blame. */
const isRedirection = (status: number): boolean => status >= 300 && status < 400;

function away(answer: HttpAnswer): DependencyAwayError {
  const afterMs = retryAfterMs(answer.headers['retry-after'] ?? null, Date.now());
  const options = afterMs === undefined ? {} : { retryAfterMs: afterMs };
  return new DependencyAwayError(gatewayName, answered(answer), options);
}

function answered({ status, text }: HttpAnswer): string {
  return `The payment gateway answered ${status}: ${text.slice(0, 200)}`;
}

interface GatewayResponse {
  readonly status: number;
  readonly body: unknown;
}

/** Throws an ordinary error for an answer of another shape: whether the charge was made is not known. */
function read<Answer>(schema: z.ZodType<Answer>, response: GatewayResponse): Answer {
  const { data, error } = schema.safeParse(response.body);
  if (data !== undefined) return data;
  throw new Error(`The payment gateway answered with what is no outcome: ${describe(response)}`, { cause: error });
}

function describe({ status, body }: GatewayResponse): string {
  return `${status} ${JSON.stringify(body).slice(0, 200)}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The payment gateway answered something other than JSON: ${text.slice(0, 200)}`, { cause: error });
  }
}
