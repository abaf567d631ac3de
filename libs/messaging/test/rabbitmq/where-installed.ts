import { describe, it } from '@jest/globals';
import { isInstalled } from './rabbitmq-server.js';

/**
 * Registers tests that need Debian's RabbitMQ. Where it is missing one skipped test says so; with REQUIRE_ALL=1 (as in CI)
 * it fails.
 */
export function whereInstalled(tests: () => void): void {
  if (isInstalled) return describe('on RabbitMQ', tests);
  const what = 'needs RabbitMQ: apt-get install rabbitmq-server';
  if (process.env['REQUIRE_ALL'] !== '1') return it.skip(what, () => {});
  it(what, () => {
    throw new Error('REQUIRE_ALL=1, and RabbitMQ is not installed.');
  });
}
