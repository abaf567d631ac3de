import type { AuthorizationRule } from './entities/authorization-rule.js';

/** Microsoft's clients turn TLS off for a flag in the connection string only. */
export function connectionString(rule: AuthorizationRule, host: string, port: number): string {
  return `${secured(rule, isAny(host) ? '127.0.0.1' : host, port)}UseDevelopmentEmulator=true;`;
}

/** By name, because clients do not send an address for the certificate to be chosen by. */
export function secureConnectionString(rule: AuthorizationRule, host: string, port: number): string {
  return secured(rule, isAny(host) || host === '127.0.0.1' ? 'localhost' : host, port);
}

function secured({ keyName, primaryKey }: AuthorizationRule, host: string, port: number): string {
  return `Endpoint=sb://${host}:${port};SharedAccessKeyName=${keyName};SharedAccessKey=${primaryKey};`;
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
