import type { IncomingMessage, ServerResponse } from 'node:http';
import { context, ProxyTracerProvider, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { contextOf, traceparentOf } from '@orderflow/messaging/opentelemetry';
import { traceIdOf, withTraceId } from '../logging/trace-id.js';
import { isRoutine } from '../logging/routine-requests.js';

/** The part of a Fastify request that tracing needs. */
interface Request {
  readonly method: string;
  readonly url: string;
  readonly protocol: string;
  readonly routeOptions: { readonly url?: string };
  readonly raw: IncomingMessage;
}

type Hook = (request: Request, reply: { readonly raw: ServerResponse }, done: () => void) => void;

/** The part of a Fastify instance that tracing needs. */
export interface RequestHooks {
  addHook(name: 'onRequest', hook: Hook): unknown;
}

const TRACER = '@orderflow/service-kit';
/** https://opentelemetry.io/docs/specs/semconv/http/http-spans/: every other method is `_OTHER`. */
const methods: ReadonlySet<string> = new Set('GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH'.split(' '));
const traceparents = new WeakMap<IncomingMessage, string>();

/**
 * One server span a request by OpenTelemetry's conventions, as part of the trace that the client names, except for what
 * machines ask every few seconds. Handlers run inside it. Neither bodies, headers nor queries are recorded.
 */
export function traceRequests(fastify: RequestHooks): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isRoutine(request.url) || !isTraced(request.raw)) return done();
    const parent = contextOf(context.active(), request.raw.headers);
    const span = trace.getTracer(TRACER).startSpan(nameOf(request), optionsOf(request), parent);
    reply.raw.once('close', () => finish(span, reply.raw));
    const traceparent = traceparentOf(span);
    if (traceparent !== undefined) traceparents.set(request.raw, traceparent);
    // Fastify keeps the context until the handler, also for a body that comes later.
    context.with(trace.setSpan(parent, span), () => withTraceId(traceIdOfRequest(request.raw), done));
  });
}

/** Whether somebody records spans, or the client names a trace that is to be passed on. */
function isTraced({ headers }: IncomingMessage): boolean {
  if (headers['traceparent'] !== undefined) return true;
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer(TRACER) !== undefined;
}

/** The header `traceparent` of what a request leads to; undefined for one without a trace. */
export function traceparentOfRequest(request: IncomingMessage): string | undefined {
  return traceparents.get(request);
}

/** The id of a request's trace; undefined for one without a trace. */
export function traceIdOfRequest(request: IncomingMessage): string | undefined {
  return traceIdOf({ traceparent: traceparentOfRequest(request) });
}

function nameOf({ method, routeOptions }: Request): string {
  const known = methods.has(method) ? method : 'HTTP';
  return routeOptions.url === undefined ? known : `${known} ${routeOptions.url}`;
}

function optionsOf({ method, url, protocol, routeOptions }: Request) {
  return {
    kind: SpanKind.SERVER,
    attributes: {
      'http.request.method': methods.has(method) ? method : '_OTHER',
      ...(routeOptions.url !== undefined && { 'http.route': routeOptions.url }),
      'url.path': url.split('?', 1)[0] ?? '',
      'url.scheme': protocol,
    },
  };
}

/** The answer was sent, or its connection was closed before. Errors of the client are none of the server. */
function finish(span: Span, { statusCode, writableFinished }: ServerResponse): void {
  if (writableFinished) span.setAttribute('http.response.status_code', statusCode);
  const errorType = writableFinished ? String(statusCode) : 'ConnectionClosed';
  if (!writableFinished || statusCode >= 500) {
    span.setAttribute('error.type', errorType).setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
