import { Counter, type Registry } from 'prom-client';
import type { ProcessConfig } from '../config/process-config.js';
import type { Logger } from 'pino';
import { AccessGuard, type AccessGuardOptions, type AccessRefusal } from './access-guard.js';
import { accessSettings } from './access-settings.js';
import { keysOf } from './issuer.js';
import { SigningKeys } from './signing-keys.js';
import { TokenVerifier } from './token-verifier.js';

export interface AccessContext {
  readonly config: ProcessConfig;
  readonly logger: Logger;
  readonly registry: Registry;
}

/**
 * The guard that a service's configuration asks for. Says so when it lets everybody in.
 * @throws StartupError when that would be reachable for others
 */
export function accessGuard(
  { config, logger, registry }: AccessContext,
  pages: AccessGuardOptions['pages'] = [],
): AccessGuard {
  const settings = accessSettings(config);
  const count = new Counter({
    name: 'http_requests_unauthorized_total',
    help: 'Requests without a token that allows them',
    labelNames: ['status'],
    registers: [registry],
  });
  const onRefusal = ({ problem, method, url, caller }: AccessRefusal): void => {
    count.inc({ status: problem.status });
    const by = caller && { client: caller.client, subject: caller.subject };
    logger.warn(
      { req: { method, url }, res: { statusCode: problem.status }, ...by, reason: problem.message },
      'access refused',
    );
  };
  if (settings === undefined) {
    logger.info('no tokens are asked for: AUTH_ISSUER is not set, and only this machine can reach this address');
    return new AccessGuard({ pages, onRefusal });
  }
  const onError = (err: unknown) =>
    logger.warn({ err }, "the issuer's keys could not be fetched; known ones are used on");
  const keys = new SigningKeys({ fetchKeys: keysOf(settings), onError });
  return new AccessGuard({ verifier: new TokenVerifier({ ...settings, keys }), pages, onRefusal });
}
