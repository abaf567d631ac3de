import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The file with the key for copies of dead letters, made once and readable by its owner only. `--fresh` leaves it where it
 * is: a copy may have been taken elsewhere.
 */
export function exportKeyFile(state: string): string {
  const path = join(state, 'ops-export-key');
  if (existsSync(path)) return path;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  renameSync(draft, path);
  return path;
}
