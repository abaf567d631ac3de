import type { AccessRight, AuthorizationRule } from '../entities/authorization-rule.js';
import { parseAddress, parseSubscriptionPath, trimSlashes } from '../entities/entity-path.js';
import { BrokerError } from '../entities/errors.js';
import type { Registry } from '../entities/registry.js';
import { jwtExpiry } from './jwt.js';
import { allows, type Grant } from './grant.js';
import { isSameSecret, isSignedWith, parseSasToken, type SasToken } from './sas-token.js';

interface AccessControlOptions {
  readonly registry: Registry;
  /** Keys that open the whole namespace. */
  readonly rules: readonly AuthorizationRule[];
  /** Whether the tokens of Entra ID are believed. Nothing here can check who issued them. */
  readonly acceptEntraTokens: boolean;
}

/** Says what a token or a key allows. */
export class AccessControl {
  readonly #options: AccessControlOptions;

  constructor(options: AccessControlOptions) {
    this.#options = options;
  }

  /**
   * @param now ms since 1970, by the system's clock: the client that made the token knows no other
   * @throws BrokerError unauthorized-access when the token is not valid
   */
  grant(token: string, now: number): Grant {
    const sas = parseSasToken(token);
    if (!sas) return this.#grantEntra(token, now);
    if (sas.expiresAt <= now) throw expired(sas.expiresAt);
    const path = pathOf(sas.resource);
    const isEntity = this.#options.registry.find(path) !== undefined;
    return { scope: path, isEntity, rights: this.#rule(sas, path).rights, expiresAt: sas.expiresAt };
  }

  /** What a client may do that signs in with a key of the namespace itself; undefined for a wrong key. */
  grantKey(keyName: string, key: string): Grant | undefined {
    const rule = this.#options.rules.find(
      (one) => one.keyName === keyName && opens(one, (own) => isSameSecret(own, key)),
    );
    return rule && { scope: '', isEntity: false, rights: rule.rights, expiresAt: Infinity };
  }

  /**
   * Checks one request by the token that came with it.
   * @param path of what it is about
   * @throws BrokerError unauthorized-access
   */
  check(token: string | undefined, path: string, right: AccessRight): void {
    if (token === undefined) throw unauthorized('MissingToken: The request lacks an authorization header.');
    const now = Date.now();
    const about = trimSlashes(path);
    if (allows(this.grant(token, now), about, right, now)) return;
    throw unauthorized(`${right} claim(s) are required to perform this operation on '/${about}'.`);
  }

  /** The rule whose key signed the token. */
  #rule(sas: SasToken, path: string): AuthorizationRule {
    const { registry, rules } = this.#options;
    const target = registry.target(parseSubscriptionPath(path)?.topic ?? path);
    const own = target?.options.authorizationRules ?? [];
    const candidates = [...rules, ...own].filter(({ keyName }) => keyName === sas.keyName);
    if (candidates.length === 0) throw unauthorized(`InvalidIssuer: There is no key '${sas.keyName}' for '${path}'.`);
    const signer = candidates.find((candidate) => opens(candidate, (key) => isSignedWith(sas, key)));
    if (!signer) throw unauthorized('InvalidSignature: The token has an invalid signature.');
    return signer;
  }

  #grantEntra(token: string, now: number): Grant {
    const expiresAt = jwtExpiry(token.replace(/^Bearer\s+/i, ''));
    if (expiresAt === undefined) throw unauthorized('MalformedToken: The credentials could not be read.');
    if (!this.#options.acceptEntraTokens) {
      throw unauthorized('InvalidIssuer: This broker was not told to accept tokens of Entra ID.');
    }
    if (expiresAt <= now) throw expired(expiresAt);
    return { scope: '', isEntity: false, rights: ['Manage', 'Send', 'Listen'], expiresAt };
  }
}

/** Whether one of the two values of a key passes. */
function opens({ primaryKey, secondaryKey }: AuthorizationRule, passes: (key: string) => boolean): boolean {
  return passes(primaryKey) || (secondaryKey !== undefined && passes(secondaryKey));
}

/** The entity an audience is about, in lower case: the dead letters and `$management` of an entity are the entity's. */
function pathOf(resource: string): string {
  const [path = ''] = resource.replace(/^[a-z]+:\/\/[^/]*/i, '').split('?', 1);
  return parseAddress(trimSlashes(path)).entity.toLowerCase();
}

export function unauthorized(message: string): BrokerError {
  return new BrokerError('amqp:unauthorized-access', message);
}

export function expired(at: number): BrokerError {
  return unauthorized(`ExpiredToken: The token is expired. Expiration time: '${new Date(at).toISOString()}'.`);
}
