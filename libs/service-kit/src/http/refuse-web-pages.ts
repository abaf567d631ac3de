import type { Server } from 'node:http';
import { createAllowList, guardServer, HttpGuard, listenedName, type RefusalAnswer } from '@orderflow/http-guard';
import { Counter, type Registry } from 'prom-client';
import type { ProcessConfig } from '../config/process-config.js';

export interface WebPagesOptions {
  readonly config: ProcessConfig;
  readonly registry: Registry;
  readonly logger: { warn(message: string): void };
}

/**
 * Keeps web pages that are not a service's own away from its servers, whatever name they have lead here (docs/web-pages.md).
 * What it refuses is logged and counted.
 */
export function refuseWebPages(servers: readonly Server[], { config, registry, logger }: WebPagesOptions): void {
  const { HOST, ALLOWED_HOSTS = [], ALLOWED_ORIGINS } = config;
  const guard = new HttpGuard({
    allowed: createAllowList([...ALLOWED_HOSTS, ...listenedName(HOST)], ALLOWED_ORIGINS),
    settings: { hosts: 'ALLOWED_HOSTS', origins: 'ALLOWED_ORIGINS' },
  });
  const count = new Counter({
    name: 'http_requests_refused_total',
    help: 'Requests for a host or from an origin that is not allowed',
    labelNames: ['code'],
    registers: [registry],
  });
  const refused = ({ code, detail }: RefusalAnswer): void => {
    count.inc({ code });
    logger.warn(`A request was refused. ${detail}`);
  };
  for (const server of servers) guardServer(server, guard, refused);
}
