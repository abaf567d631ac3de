import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../command-error.js';

/** Where a RabbitMQ of our own listens, and what it may be called by. */
export interface ServerPlace {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly managementPort: number;
  /** For its own parts, on 127.0.0.1. */
  readonly distributionPort: number;
  readonly portMapperPort: number;
}

const user = 'orderflow';

/** The URL with the password, which is made with the data. */
export function urlOf({ dataDir, host, port }: ServerPlace): string {
  return `amqp://${user}:${password(dataDir)}@${reachable(host)}:${port}`;
}

/**
 * Writes the configuration of a server. Its user is made when it starts with an empty data directory.
 * @throws UsageError for a data directory that holds other things
 */
export function writeServerFiles(place: ServerPlace): void {
  const { dataDir, host, port, managementPort } = place;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const isOurs = existsSync(join(dataDir, 'password')) || !existsSync(join(dataDir, 'mnesia'));
  if (!isOurs) throw new UsageError(`${dataDir} belongs to another RabbitMQ: name a directory of its own with --data.`);
  const lines = [
    `listeners.tcp.1 = ${host}:${port}`,
    `management.tcp.ip = ${host}`,
    `management.tcp.port = ${managementPort}`,
    `default_user = ${user}`,
    `default_pass = ${password(dataDir)}`,
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
  ];
  writeFileSync(join(dataDir, 'rabbitmq.conf'), `${lines.join('\n')}\n`, { mode: 0o600 });
  writeFileSync(join(dataDir, 'plugins'), '[rabbitmq_management].\n', { mode: 0o600 });
}

/** The variables that make RabbitMQ's scripts start this server, and nothing else of this machine. */
export function serverEnvironment(place: ServerPlace): NodeJS.ProcessEnv {
  const { dataDir, port, distributionPort, portMapperPort } = place;
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    // Erlang keeps its cookie there.
    HOME: dataDir,
    RABBITMQ_NODENAME: 'orderflow@localhost',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(dataDir, 'mnesia'),
    RABBITMQ_LOG_BASE: join(dataDir, 'log'),
    RABBITMQ_CONFIG_FILE: join(dataDir, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dataDir, 'plugins'),
    ERL_EPMD_PORT: String(portMapperPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // It can be ended before it has noticed that the server was.
    ERL_EPMD_RELAXED_COMMAND_CHECK: '1',
    // Idle schedulers do not spin: the machine is somebody's laptop. Its parts talk on this machine only.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}',
    // Its script replaces itself by the server, so that signals and the process id are the server's own.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
}

function password(dataDir: string): string {
  const file = join(dataDir, 'password');
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const made = randomBytes(18).toString('hex');
  writeFileSync(file, made, { mode: 0o600 });
  return made;
}

function reachable(host: string): string {
  return ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
}
