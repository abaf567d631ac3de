import { rmSync } from 'node:fs';
import tearDownPostgres from '@orderflow/local-postgres/testing/global-teardown';
import '../../../../tools/typescript.mjs';

/** Jest's globalTeardown: ends what the specs started. */
export default async function globalTeardown() {
  const folder = process.env['MESSAGING_TEST_RABBITMQ_FOLDER'] ?? '';
  const { removeSharedServer } = await import('./shared-server.ts');
  removeSharedServer(folder);
  rmSync(folder, { recursive: true, force: true });
  await tearDownPostgres();
}
