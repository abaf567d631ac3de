import type { AccessRight } from '../entities/authorization-rule.js';

/** What a token or a key allows. */
export interface Grant {
  /** The path it opens with everything below, in lower case; '' for the whole namespace. */
  readonly scope: string;
  /** Whether the scope is an entity: then a queue whose name goes on from its own is not below it. */
  readonly isEntity: boolean;
  readonly rights: readonly AccessRight[];
  /** Ms since 1970; Infinity for a key. */
  readonly expiresAt: number;
}

/** @param right any right will do when it is undefined */
export function allows(grant: Grant, path: string, right: AccessRight | undefined, now: number): boolean {
  if (grant.expiresAt <= now || !covers(grant, path.toLowerCase())) return false;
  return right === undefined || grant.rights.includes(right) || grant.rights.includes('Manage');
}

/** What is below an entity: the subscriptions of a topic, and their rules. */
const OF_ENTITY = /^(\/subscriptions(\/[^/]+)?)?(\/rules(\/[^/]+)?)?$/;

function covers({ scope, isEntity }: Grant, path: string): boolean {
  if (scope === '' || path === scope) return true;
  return path.startsWith(`${scope}/`) && (!isEntity || OF_ENTITY.test(path.slice(scope.length)));
}
