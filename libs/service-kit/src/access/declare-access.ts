import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { Caller, RouteAccess, Scope } from './scopes.js';

/** What a route's `config` says about it; every route has to say who may ask for it. */
export interface AccessConfig {
  readonly access?: RouteAccess;
}

/** Lets anybody ask for a route: for what an orchestrator reads. */
export function Public(): MethodDecorator {
  return RouteConfig({ access: 'public' } satisfies AccessConfig);
}

/**
 * Lets only those ask for a route whose token has the scope.
 * @param options `customers`: customers' tokens too, for what belongs to them (not by default); `config`: what Fastify
 *   is to know of the route besides
 */
export function RequireScope(
  scope: Scope,
  { customers = false, config = {} }: { readonly customers?: boolean; readonly config?: object } = {},
): MethodDecorator {
  return RouteConfig({ ...config, access: { scope, customers } } satisfies AccessConfig);
}

/** A request as the guard leaves it. */
export interface GuardedRequest {
  caller?: Caller;
}

/** Who is asking: a parameter of a handler. Undefined where tokens are off. */
export const RequestCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller | undefined => {
  return context.switchToHttp().getRequest<GuardedRequest>().caller;
});
