import type { AuthorizationRule } from './entities/authorization-rule.js';

/** Microsoft's clients turn TLS off for a flag in the connection string only. */
export function connectionString({ keyName, primaryKey }: AuthorizationRule, host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const key = `SharedAccessKeyName=${keyName};SharedAccessKey=${primaryKey}`;
  return `Endpoint=sb://${reachable}:${port};${key};UseDevelopmentEmulator=true;`;
}
