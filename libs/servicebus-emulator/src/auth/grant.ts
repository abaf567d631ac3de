import type { AccessRight } from '../entities/authorization-rule.js';

/** What a token or a key allows. */
export interface Grant {
  /** The path it opens with everything below, in lower case; '' for the whole namespace. */
  readonly scope: string;
  readonly rights: readonly AccessRight[];
  /** Ms since 1970; Infinity for a key. */
  readonly expiresAt: number;
}

/** @param right any right will do when it is undefined */
export function allows(grant: Grant, path: string, right: AccessRight | undefined, now: number): boolean {
  if (grant.expiresAt <= now || !covers(grant.scope, path.toLowerCase())) return false;
  return right === undefined || grant.rights.includes(right) || grant.rights.includes('Manage');
}

export function covers(scope: string, path: string): boolean {
  return scope === '' || path === scope || path.startsWith(`${scope}/`);
}
