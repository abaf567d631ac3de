import type { Cause } from '@orderflow/messaging';

/** What messages inherit from the HTTP request that led to them. */
export interface RequestOrigin {
  /** Fastify's id of the request, which its log lines carry too. */
  readonly id: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparent = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The correlation of everything this request sets off, and the trace it is part of. */
export function causeOfRequest({ id, headers }: RequestOrigin): Cause {
  const trace = String(headers['traceparent'] ?? '');
  return { correlationId: id, headers: traceparent.test(trace) ? { traceparent: trace } : {} };
}
