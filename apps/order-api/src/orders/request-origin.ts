import type { IncomingMessage } from 'node:http';
import type { Cause } from '@orderflow/messaging';
import { traceparentOfRequest } from '@orderflow/service-kit';

/** What messages inherit from the HTTP request that led to them. */
export interface RequestOrigin {
  /** Fastify's id of the request, which its log lines carry too. */
  readonly id: string;
  readonly raw: IncomingMessage;
}

/** The correlation of everything this request sets off, and the trace it is part of. */
export function causeOfRequest({ id, raw }: RequestOrigin): Cause {
  const traceparent = traceparentOfRequest(raw);
  return { correlationId: id, headers: traceparent === undefined ? {} : { traceparent } };
}
