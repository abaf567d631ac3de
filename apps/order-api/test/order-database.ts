import { fileURLToPath } from 'node:url';
import { openServiceDatabase, type ServiceDatabase } from '@orderflow/service-kit/testing';

const migrations = new URL('../migrations/', import.meta.url);

export const migrationsFolder = fileURLToPath(migrations);

export type OrderDatabase = ServiceDatabase;

/** A migrated database of its own for one spec file. */
export function openOrderDatabase(): Promise<OrderDatabase> {
  return openServiceDatabase('order-api', migrations);
}
