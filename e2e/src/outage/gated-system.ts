import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres, type LocalPostgres } from '@orderflow/local-postgres';
import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { freePort } from '../free-port.js';
import { command } from '../system.js';
import { Gate } from './gate.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export const services = ['order-api', 'order-worker', 'billing-worker', 'analytics-worker'] as const;
export type ServiceName = (typeof services)[number];

const databaseOf = (service: ServiceName): string => service.replaceAll('-', '_');

/**
 * The services as processes with their default settings, and between them and what they depend on a gate each: database
 * and broker can be away for as long as a test likes, without being ended or started again.
 */
export class GatedSystem {
  readonly database: Gate;
  readonly broker: Gate;
  readonly #postgres: LocalPostgres;
  readonly #embedded: Broker;
  readonly #folder: string;
  readonly #children: ChildProcess[] = [];
  readonly #urls = new Map<string, string>();

  private constructor(parts: { postgres: LocalPostgres; embedded: Broker; database: Gate; broker: Gate }) {
    this.#postgres = parts.postgres;
    this.#embedded = parts.embedded;
    this.database = parts.database;
    this.broker = parts.broker;
    this.#folder = mkdtempSync(join(tmpdir(), 'orderflow-outage-'));
  }

  static async start(): Promise<GatedSystem> {
    const postgres = await startPostgres({ databases: services.map(databaseOf) });
    const config = readFileSync(join(root, 'infra/servicebus/Config.json'), 'utf8');
    const embedded = await startBroker({ topology: parseTopology(config) });
    const database = await Gate.to(postgres.port);
    const broker = await Gate.to(portOf(embedded.connectionString));
    const system = new GatedSystem({ postgres, embedded, database, broker });
    try {
      await Promise.all(services.map((service) => system.#migrate(service)));
      await system.#run('payment-gateway', { DATA_FILE: join(system.#folder, 'charges.jsonl') }, '/health');
      await Promise.all(
        services.map((service) => system.#run(service, system.#environmentOf(service), '/health/ready')),
      );
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  /** A page of a service, or of the payment gateway. */
  url(service: ServiceName | 'payment-gateway', path = ''): string {
    return `${this.#urls.get(service)}${path}`;
  }

  /** Of a service's database, past the gate. */
  databaseUrl(service: ServiceName): string {
    return this.#postgres.url(databaseOf(service));
  }

  /** Of the broker, past the gate. */
  get connectionString(): string {
    return this.#embedded.connectionString;
  }

  /** Services that ended by themselves, or were ended. */
  get ended(): readonly string[] {
    return this.#children.filter(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null).map(nameOf);
  }

  async stop(): Promise<void> {
    const running = this.#children.filter(({ exitCode }) => exitCode === null).reverse();
    await Promise.all(running.map((child) => (child.kill('SIGTERM'), once(child, 'exit'))));
    await this.database.close();
    await this.broker.close();
    await this.#embedded.close();
    await this.#postgres.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #environmentOf(service: ServiceName): Record<string, string> {
    const databaseUrl = new URL(this.databaseUrl(service));
    databaseUrl.port = String(this.database.port);
    return {
      DATABASE_URL: databaseUrl.href,
      SERVICEBUS_CONNECTION_STRING: this.connectionString.replace(/:\d+/, `:${this.broker.port}`),
      PAYMENT_GATEWAY_URL: this.url('payment-gateway'),
      LOG_LEVEL: 'warn',
    };
  }

  async #migrate(service: ServiceName): Promise<void> {
    const env = { ...clean(), DATABASE_URL: this.databaseUrl(service), ORDERFLOW_STATE: this.#folder };
    const child = spawn(process.execPath, [command, 'migrate', service], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`The database of ${service} could not be migrated.`);
  }

  /** Starts a process and resolves when its page answers 200; what it prints is kept in a file. */
  async #run(name: string, environment: Record<string, string>, page: string): Promise<void> {
    const port = await freePort();
    const log = openSync(join(this.#folder, `${name}.log`), 'a');
    const child = spawn(process.execPath, ['--enable-source-maps', join(root, 'apps', name, 'dist/main.mjs')], {
      cwd: this.#folder,
      env: { ...clean(), ...environment, PORT: String(port) },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#children.push(child);
    this.#urls.set(name, `http://127.0.0.1:${port}`);
    for (;;) {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${readFileSync(join(this.#folder, `${name}.log`))}`);
      const answer = await fetch(`http://127.0.0.1:${port}${page}`).catch(() => undefined);
      if (answer?.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function nameOf({ spawnargs }: ChildProcess): string {
  return /apps\/([a-z-]+)\//.exec(spawnargs.join(' '))?.[1] ?? '';
}

function portOf(connectionString: string): number {
  return Number(/:(\d+)/.exec(connectionString)?.[1]);
}

function clean(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  return environment;
}
