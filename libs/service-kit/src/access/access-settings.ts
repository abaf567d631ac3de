import { BlockList, isIP } from 'node:net';
import type { ProcessConfig } from '../config/process-config.js';
import { usualSignatures } from '../config/variables.js';
import { StartupError } from '../startup-error.js';

/** Whose tokens are taken. */
export interface AccessSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl?: string;
  readonly algorithms: readonly string[];
  readonly leewayMs: number;
  readonly customerClaim: string;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/**
 * Whose tokens a service takes; undefined where it takes everybody, which only one does that nobody else can reach.
 * @throws StartupError that says what to set
 */
export function accessSettings(config: ProcessConfig): AccessSettings | undefined {
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_JWKS_URL: jwksUrl, HOST, NODE_ENV } = config;
  if (issuer === undefined) {
    if (audience !== undefined || jwksUrl !== undefined) {
      throw new StartupError('AUTH_AUDIENCE and AUTH_JWKS_URL mean nothing without AUTH_ISSUER: set it as well.');
    }
    if (NODE_ENV === 'production') throw openToAll('NODE_ENV is production');
    if (!isLoopback(HOST)) throw openToAll(`HOST is ${HOST}, which others can reach`);
    return undefined;
  }
  if (audience === undefined) {
    throw new StartupError('AUTH_ISSUER is set and AUTH_AUDIENCE is not: say for whom tokens have to be made.');
  }
  return Object.freeze({
    issuer,
    audience,
    ...(jwksUrl !== undefined && { jwksUrl }),
    algorithms: config.AUTH_ALGORITHMS ?? usualSignatures,
    leewayMs: config.AUTH_LEEWAY ?? 30_000,
    customerClaim: config.AUTH_CUSTOMER_CLAIM ?? 'customer_id',
  });
}

function openToAll(why: string): StartupError {
  return new StartupError(
    `Without tokens this service would answer anybody: ${why}. Set AUTH_ISSUER and AUTH_AUDIENCE, or HOST=127.0.0.1.`,
  );
}

function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host === 'localhost';
  return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
