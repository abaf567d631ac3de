import { Histogram, type Registry } from 'prom-client';

/** The part of a Fastify instance that measuring needs. */
export interface ResponseHooks {
  addHook(
    name: 'onResponse',
    hook: (
      request: { readonly method: string; readonly routeOptions: { readonly url?: string } },
      reply: { readonly statusCode: number; readonly elapsedTime: number },
    ) => Promise<void>,
  ): unknown;
}

/** Measures every request of a Fastify instance. */
export type HttpDuration = (fastify: ResponseHooks) => void;

/** The route's pattern is the label, not the path: paths carry ids, and there are too many of them. */
export function httpDuration(registry: Registry): HttpDuration {
  const histogram = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [registry],
  });
  return (fastify) => {
    fastify.addHook('onResponse', async ({ method, routeOptions }, { statusCode, elapsedTime }) => {
      const route = routeOptions.url ?? 'unknown';
      histogram.observe({ method, route, status: String(statusCode) }, elapsedTime / 1_000);
    });
  };
}
