import { AsyncLocalStorage } from 'node:async_hooks';
import type { Middleware } from '@orderflow/messaging';
import { spanContextOf } from '@orderflow/messaging/opentelemetry';

const current = new AsyncLocalStorage<string | undefined>();

/** Runs `run`, whose log lines carry the trace's id, and none where there is none. */
export function withTraceId<Result>(traceId: string | undefined, run: () => Result): Result {
  return current.run(traceId, run);
}

/** The trace that what runs now is part of, for its log lines. */
export function currentTraceId(): string | undefined {
  return current.getStore();
}

/** The trace that headers of a message or a request name; undefined for none. */
export function traceIdOf(headers: Readonly<Record<string, unknown>>): string | undefined {
  return spanContextOf(headers)?.traceId;
}

/** What is logged while a message is handled carries the id of its trace, whether anything is exported or not. */
export const logTraceIds: Middleware = (next) => (delivery) =>
  withTraceId(traceIdOf(delivery.envelope.headers), () => next(delivery));
