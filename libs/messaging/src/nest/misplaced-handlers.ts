import type { DiscoveryService } from '@nestjs/core';
import { HANDLED_TYPE } from './message-handler.js';

/** The methods with `@MessageHandler` that Nest never asks, since they are in providers and not in controllers. */
export function misplacedHandlers(discovery: DiscoveryService): readonly Error[] {
  const controllers = new Set(discovery.getControllers().map(({ metatype }) => metatype));
  const providers = new Set(discovery.getProviders().map(({ metatype }) => metatype));
  return [...providers].flatMap((provider) => {
    if (typeof provider !== 'function' || controllers.has(provider)) return [];
    return handlersOf(provider.prototype).map(
      ([method, type]) =>
        new Error(
          `${provider.name}.${method} would never be called with "${type}": Nest asks controllers only. ` +
            `List ${provider.name} under \`controllers\`.`,
        ),
    );
  });
}

/** Methods and what they handle, inherited ones included; functions that are no classes have none. */
function handlersOf(prototype: unknown): readonly (readonly [string, string])[] {
  if (typeof prototype !== 'object' || prototype === null || prototype === Object.prototype) return [];
  const own = Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { value }]) => {
    const type: unknown = typeof value === 'function' ? Reflect.getMetadata(HANDLED_TYPE, value) : undefined;
    return typeof type === 'string' ? [[name, type] as const] : [];
  });
  return [...own, ...handlersOf(Object.getPrototypeOf(prototype))];
}
