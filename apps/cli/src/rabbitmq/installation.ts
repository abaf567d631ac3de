import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../command-error.js';

/** Where packages put RabbitMQ's own programs: Debian's and Ubuntu's, Fedora's, Homebrew's. */
const directories = [
  '/usr/lib/rabbitmq/bin',
  '/usr/lib/rabbitmq/lib/current/sbin',
  '/opt/homebrew/opt/rabbitmq/sbin',
  '/usr/local/opt/rabbitmq/sbin',
];

/**
 * The program that starts RabbitMQ. Not the one on the PATH, which on Debian becomes another user first.
 * @throws CommandError that says what to install
 */
export function rabbitMqProgram(places: readonly string[] = directories): string {
  const found = places.map((directory) => join(directory, 'rabbitmq-server')).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new CommandError(
    'RabbitMQ is not installed: install it (Debian, Ubuntu: apt-get install rabbitmq-server; macOS: brew install rabbitmq), or set RABBITMQ_URL to one that runs.',
  );
}
