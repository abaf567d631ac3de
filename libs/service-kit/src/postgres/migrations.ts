import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One step of a database's schema; never changed once it was released. */
export interface Migration {
  /** Sorts after its predecessors, e.g. `0002-idempotency-keys`. */
  readonly name: string;
  readonly sql: string;
}

/**
 * The `.sql` files of a folder as migrations, in the order of their names.
 * @throws Error when the folder cannot be read, or a name does not start with four digits and a dash
 */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  const odd = files.filter((file) => !/^\d{4}-[a-z0-9-]+\.sql$/.test(file));
  if (odd.length > 0) throw new Error(`Migrations in ${folder} must be named like 0001-orders.sql: ${odd.join(', ')}`);
  return Promise.all(
    files.map(async (file) => ({ name: file.slice(0, -4), sql: await readFile(join(folder, file), 'utf8') })),
  );
}

/** Identifies a migration's text, so that a change after its release is noticed. */
export function checksum({ sql }: Migration): string {
  return createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');
}
