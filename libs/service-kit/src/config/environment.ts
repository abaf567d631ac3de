import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { type BrokerVariables, transportOf } from './broker-address.js';
import { ConfigError, type Environment } from './load-config.js';
import { runtimeSchema } from './runtime-file.js';

const runtimeFile = join('.orderflow', 'runtime.json');

/** What a service takes from it; a file that lacks some of it offers less. */
const { databases, servicebus, rabbitmq, gateway } = runtimeSchema.shape;
const offer = z
  .object({ databases, servicebus: servicebus.unwrap().pick({ connectionString: true }), rabbitmq, gateway })
  .partial();

const addresses = ['SERVICEBUS_CONNECTION_STRING', 'SERVICEBUS_FULLY_QUALIFIED_NAMESPACE', 'RABBITMQ_URL'] as const;
/** What says which broker it is. */
const broker = ['MESSAGING_TRANSPORT', ...addresses] as const;

export interface EnvironmentOptions {
  /** Which of the databases in the runtime file is this app's, for example `order-api`. */
  readonly app: string;
  /** Where to look for files, upwards from here; the working directory by default. */
  readonly directory?: string;
  /** `process.env` by default. */
  readonly env?: Environment;
}

/**
 * The environment of this process, completed by a `.env` file and then by what a running `npm start` offers, each only
 * for variables that are absent. A broker that is named wins over the local one.
 * @throws ConfigError when the runtime file cannot be read
 */
export function readEnvironment({
  app,
  directory = process.cwd(),
  env = process.env,
}: EnvironmentOptions): Environment {
  const dotenv = findUpwards(directory, '.env');
  const own: Environment = { ...(dotenv && parseEnv(readFileSync(dotenv, 'utf8'))), ...present(env) };
  const runtime = findUpwards(directory, runtimeFile);
  if (runtime === undefined) return own;
  const offered = offeredBy(runtime, app);
  // What a file holds is chosen as well.
  for (const name of Object.keys(offered)) if (own[`${name}_FILE`]) delete offered[name];
  if (namesOtherBroker(own, offered)) for (const name of broker) delete offered[name];
  return { ...present(offered), ...present(own) };
}

/** Whether somebody chose a broker, or another kind of broker: then that is meant, and not the local one. */
function namesOtherBroker(own: Environment, offered: BrokerVariables): boolean {
  const isNamed = addresses.some((name) => own[name] || own[`${name}_FILE`]);
  return isNamed || (Boolean(own['MESSAGING_TRANSPORT']) && transportOf(own) !== transportOf(offered));
}

function offeredBy(file: string, app: string): Record<string, string | undefined> {
  const { databases, servicebus, rabbitmq, gateway } = parseRuntime(file);
  return {
    DATABASE_URL: databases?.[app],
    SERVICEBUS_CONNECTION_STRING: servicebus?.connectionString,
    ...(rabbitmq && { MESSAGING_TRANSPORT: 'rabbitmq', RABBITMQ_URL: rabbitmq.url }),
    PAYMENT_GATEWAY_URL: gateway?.url,
  };
}

function parseRuntime(file: string): z.infer<typeof offer> {
  try {
    return offer.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new ConfigError([`${file} is not what \`npm start\` writes; remove it. (${(error as Error).message})`]);
  }
}

function present(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}

function findUpwards(directory: string, name: string): string | undefined {
  const file = join(directory, name);
  if (existsSync(file)) return file;
  const parent = dirname(directory);
  return parent === directory ? undefined : findUpwards(parent, name);
}
