import type { Server } from 'node:http';
import type { FastifyError, FastifyHttpOptions, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerOf } from '../problem-document.js';
import { Problem } from '../problem.js';
import { problemOf } from '../problem-of.js';
import { requireWholeNumber } from '../../require-whole-number.js';
import { checkRequest, longestTarget, partsOf, targetTooLong } from './check-request.js';
import { readJsonBodies } from './json-body.js';
import { type RouteMatch, RouteTable } from './route-table.js';
import { unreadable, unreadableParameters } from './unreadable-parameters.js';
import { type Refusal, UnreadableRequests } from './unreadable-requests.js';

/** What is known of the clients of an edge. */
export interface HttpEdgeOptions {
  /**
   * How long a request may take to arrive, from its first byte to its last, and a new connection to send one; in ms, 100
   * to 300,000; 30,000 when absent. It is seen a tenth of that later, and at most a second.
   */
  readonly requestTimeoutMs?: number | undefined;
}

/** The options of Fastify that the edge sets. */
export type EdgeOptions = Pick<
  FastifyHttpOptions<Server>,
  'clientErrorHandler' | 'frameworkErrors' | 'http' | 'requestTimeout' | 'return503OnClosing' | 'routerOptions'
>;

/**
 * The edge of an HTTP service: what it does not serve is refused before a handler sees it, and always with a problem
 * document (RFC 9457). Make a Fastify instance with {@link options}, then {@link guard} it before it has routes.
 */
export class HttpEdge {
  readonly options: EdgeOptions;
  readonly #routes = new RouteTable();
  readonly #unreadable: UnreadableRequests;
  readonly #log: (refusal: Refusal) => void;
  #stopping = false;

  /**
   * @param log called with what is refused before the request is logged as such: by Node's parser, and by the router
   * @throws RangeError for a time limit that makes no sense
   */
  constructor(log: (refusal: Refusal) => void, { requestTimeoutMs = 30_000 }: HttpEdgeOptions = {}) {
    requireWholeNumber('requestTimeoutMs', requestTimeoutMs, 100);
    this.#log = log;
    this.#unreadable = new UnreadableRequests(log);
    this.options = {
      clientErrorHandler: this.#unreadable.onClientError,
      frameworkErrors: (error, request, reply) => this.#refuseTarget(error, request, reply),
      // A path parameter is bounded by its schema, which names it, and all of them by the longest target.
      routerOptions: { maxParamLength: longestTarget },
      // The edge asks for the header Host itself: Node answers with a status and nothing else.
      // Headers have no time of their own: where it is longer than the request's, as it is by default, Node swaps them.
      // Node looks for what is late every half a minute unless it is told.
      http: {
        requireHostHeader: false,
        headersTimeout: requestTimeoutMs,
        connectionsCheckingInterval: Math.min(1_000, Math.ceil(requestTimeoutMs / 10)),
      },
      requestTimeout: requestTimeoutMs,
      // The edge says so itself: Fastify would without a problem document.
      return503OnClosing: false,
    };
  }

  /** What is served so far. */
  get routes(): RouteTable['routes'] {
    return this.#routes.routes;
  }

  /** Comes before the first route is added. */
  guard(fastify: FastifyInstance): void {
    readJsonBodies(fastify);
    this.#unreadable.watch(fastify.server, this.#routes);
    fastify.addHook('onRoute', ({ method, url, config }) => {
      if (method !== 'HEAD' || !isWithoutHead(config)) this.#routes.add(method, url);
    });
    fastify.addHook('preClose', (done) => {
      this.#stopping = true;
      done();
    });
    // As late as a request can be refused without its body: it is known and logged as a request by then.
    fastify.addHook('preParsing', (request, reply, _payload, done) => {
      try {
        if (this.#stopping) throw stopping();
        checkRequest(request.raw, this.#routes);
        const unknown = request.is404 || (request.method === 'HEAD' && isWithoutHead(request.routeOptions.config));
        if (unknown && this.#refuseMethod(request, reply)) return;
        done();
      } catch (error) {
        done(error as Error);
      }
    });
  }

  /**
   * Of a path that is known, asked with a method that is not: OPTIONS is answered with the methods there are, every
   * other one is refused with them. Whether the request was answered.
   */
  #refuseMethod({ raw, method }: FastifyRequest, reply: FastifyReply): boolean {
    const target = raw.url ?? '';
    const methods = target === '*' ? this.#routes.methods : this.#routes.find(partsOf(target)[0])?.methods;
    if (!methods) return false;
    const allow = [...new Set([...methods, 'OPTIONS'])].sort().join(', ');
    if (method !== 'OPTIONS') throw methodNotAllowed(method, allow);
    void reply.code(204).header('allow', allow).send();
    return true;
  }

  /** The router has no request for what it cannot read: neither hooks nor error handlers see it. */
  #refuseTarget(error: FastifyError, { raw }: FastifyRequest, reply: FastifyReply): void {
    const target = raw.url ?? '';
    const [path, query] = partsOf(target);
    const problem = problemOfTarget(error, this.#routes.find(path), query);
    this.#log({ problem, method: raw.method, url: target });
    const { status, headers, body } = answerOf(problem, target);
    void reply.code(status).headers(headers).send(body);
  }
}

/** Fastify serves HEAD wherever it serves GET; where GET changes something, a route says `withoutHead` in its config. */
function isWithoutHead(config: unknown): boolean {
  return (config as { readonly withoutHead?: unknown } | undefined)?.withoutHead === true;
}

function problemOfTarget(error: FastifyError, route: RouteMatch | undefined, query: string): Problem {
  if (error.code === 'FST_ERR_MAX_PARAM_LENGTH') return targetTooLong();
  if (error.code !== 'FST_ERR_BAD_URL') return problemOf(error);
  return unreadable(unreadableParameters(route?.parameters ?? new Map(), query));
}

function methodNotAllowed(method: string, allow: string): Problem {
  const detail = `${method} is not served at this path. What is: ${allow}.`;
  return new Problem(405, 'method-not-allowed', detail, { headers: { allow } });
}

function stopping(): Problem {
  const headers = { 'retry-after': '1' };
  return new Problem(503, 'service-unavailable', 'This replica is about to end. Try again.', { headers });
}
