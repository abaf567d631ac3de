import { PermanentError } from '@orderflow/messaging';
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from 'cockatiel';
import { z } from 'zod';
import type { ChargeOutcome, ChargeRequest, PaymentGateway } from './payment-gateway.js';

export interface HttpPaymentGatewayOptions {
  /** The gateway's address, without a trailing path. */
  readonly url: string;
  /** Gives up on one call after this many ms. */
  readonly timeoutMs: number;
  /** Failures in a row that open the circuit. */
  readonly failuresToOpen: number;
  /** How long the circuit stays open before one call may try, in ms. */
  readonly openForMs: number;
}

const captured = z.object({ status: z.literal('captured'), chargeId: z.string().min(1) });
/** A decline is an outcome, however the provider words it, and also when it gives no reason. */
const declined = z.object({ status: z.literal('declined'), reason: z.string().catch('') });
const outcome = z.discriminatedUnion('status', [captured, declined]);
const found = z.object({ charges: z.array(outcome) });

/**
 * A payment gateway over HTTP with a time limit for each call and a circuit breaker around all of them, so that a
 * gateway in trouble is not hit by every message that waits. What may succeed later throws an ordinary error; what
 * the gateway will never accept throws a PermanentError.
 */
export class HttpPaymentGateway implements PaymentGateway {
  readonly #options: HttpPaymentGatewayOptions;
  readonly #circuit: CircuitBreakerPolicy;

  constructor(options: HttpPaymentGatewayOptions) {
    this.#options = options;
    const transient = handleWhen((error) => !(error instanceof PermanentError));
    this.#circuit = circuitBreaker(transient, {
      breaker: new ConsecutiveBreaker(options.failuresToOpen),
      halfOpenAfter: options.openForMs,
    });
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

  async #call(path: string, signal: AbortSignal, init: RequestInit = {}): Promise<GatewayResponse> {
    try {
      return await this.#circuit.execute(() => this.#fetch(path, signal, init));
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error;
      throw new Error('The payment gateway failed too often; it is left alone for a while.', { cause: error });
    }
  }

  async #fetch(path: string, signal: AbortSignal, init: RequestInit): Promise<GatewayResponse> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(this.#options.timeoutMs)]);
    const response = await fetch(new URL(path, this.#options.url), { ...init, signal: limited });
    const text = await response.text();
    if (response.status >= 500 || response.status === 429 || response.status === 408 || response.status === 409) {
      throw new Error(`The payment gateway answered ${response.status}: ${text.slice(0, 200)}`);
    }
    return { status: response.status, body: parse(text) };
  }
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
