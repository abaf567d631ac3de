import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StartupError } from '../startup-error.js';

const usualFile = join('infra', 'servicebus', 'Config.json');

/**
 * What queues and topics there are: the parsed JSON of a file in the format of Microsoft's emulator, one for all brokers.
 * @param named the file; the usual one in the working directory or above it when undefined
 * @throws StartupError when there is none, or it is no JSON
 */
export function readBrokerTopology(named: string | undefined): unknown {
  const file = named ?? findUpwards(process.cwd());
  if (file === undefined) {
    throw new StartupError(`RabbitMQ needs the topology: name its file with BROKER_TOPOLOGY, usually ${usualFile}.`);
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new StartupError(`The topology of the broker cannot be read from ${file}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function findUpwards(directory: string): string | undefined {
  const file = join(directory, usualFile);
  if (existsSync(file)) return file;
  const parent = dirname(directory);
  return parent === directory ? undefined : findUpwards(parent);
}
