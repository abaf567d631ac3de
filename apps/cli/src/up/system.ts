import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type BrokerAddress, brokerAddressOf } from '@orderflow/service-kit/broker-address';
import type { BrokerFacts } from '../broker/run-broker.js';
import { migrateApp } from '../migrate/migrate-app.js';
import { migrationFolder } from '../migrate/migration-folders.js';
import type { PostgresFacts } from '../database/run-postgres.js';
import { brokerVariablesOf } from '../broker-transport.js';
import { topologyFileOf } from '../topology-file.js';
import { applyTopology } from '../topology/topology-commands.js';
import { ManagedProcess } from '../supervisor/managed-process.js';
import { pidFileOf } from '../supervisor/pid-file.js';
import type { Step } from '../supervisor/ordered-steps.js';
import type { ProcessEvent, ProcessSpec } from '../supervisor/process-spec.js';
import { type HealthPage, isHealthy, readyWhenHealthy, readyWhenReported } from '../supervisor/readiness.js';
import { defaultRestartPolicy } from '../supervisor/restart-policy.js';
import type { Workspace } from '../workspace.js';
import { exportKeyFile } from './export-key.js';
import { embeddedBroker, localRabbitMq, ownBrokerOf, portsOf, type Work } from './own-broker.js';
import type { Ports } from './ports.js';
import {
  type AppService,
  apps,
  brokerPort,
  consumers,
  databaseApps,
  databasePort,
  paymentGateway,
} from '../services.js';

export interface SystemOptions {
  readonly workspace: Workspace;
  readonly environment: NodeJS.ProcessEnv;
  /** Where everything listens. */
  readonly host: string;
  readonly ports: Ports;
  /** Whether the broker speaks TLS too, with a certificate of its own. */
  readonly tls: boolean;
  readonly report: (event: ProcessEvent) => void;
  /** Called with one line for each thing that is not as usual. */
  readonly note: (line: string) => void;
  /** Called with the migrations that ran. */
  readonly onMigrated: (app: string, names: readonly string[]) => void;
}

/** The step that makes the queues of a broker that does not make them when it starts. */
const topologyStep = 'topology';

interface ProcessStep {
  readonly name: string;
  readonly needs: readonly string[];
  /** The names of the ports it listens on. */
  readonly ports: readonly string[];
}

/** All processes of OrderFlow on one machine, as steps with their order, and what they came to know while starting. */
export class System {
  readonly steps: readonly Step[];
  readonly #options: SystemOptions;
  /** Distinguishes this start from every other one on this machine. */
  readonly #instance = randomUUID();
  readonly #processes = new Map<string, ManagedProcess>();
  #databaseUrls: PostgresFacts['urls'] = {};
  #broker: BrokerFacts | undefined;
  #address: BrokerAddress | undefined;

  constructor(options: SystemOptions) {
    this.#options = options;
    this.#address = brokerAddressOf(options.environment);
    const brokerSteps = this.#brokerSteps();
    const hasTopology = brokerSteps.some(({ name }) => name === topologyStep);
    const needsOf = ({ needs }: AppService): readonly string[] =>
      hasTopology && needs.includes(brokerPort.name) ? [...needs, topologyStep] : needs;
    this.steps = [
      this.#process({ name: databasePort.name, needs: [], ports: [databasePort.name] }, this.#postgres()),
      ...brokerSteps,
      ...databaseApps.map((app) => this.#migration(app)),
      ...apps.map((app) => ({
        ...this.#process({ name: app.name, needs: needsOf(app), ports: [app.name] }, this.#app(app)),
        stopsBefore: app.stopsBefore,
      })),
    ];
  }

  /** The connection URL of an app's database; there once PostgreSQL is ready. */
  databaseUrl(app: { readonly name: string; readonly database: string }): string {
    const url = this.#databaseUrls[app.database];
    if (url === undefined) throw new Error(`${app.name} was started before PostgreSQL.`);
    return url;
  }

  /** The base URL of an app. */
  url(name: string): string {
    return `http://${reachable(this.#options.host)}:${this.#options.ports.of(name)}`;
  }

  /** Where the broker is, once it is ready. */
  get brokerAddress(): BrokerAddress {
    const address = this.#broker ?? this.#address;
    if (address === undefined) throw new Error('The broker has not started yet.');
    return address;
  }

  /** The embedded broker, once it is ready; undefined while another one is used. */
  get broker(): BrokerFacts | undefined {
    return this.#broker;
  }

  /** Where each process listens. */
  get ports(): Readonly<Record<string, number>> {
    return this.#options.ports.all;
  }

  logFile(name: string): string {
    return join(this.#options.workspace.logs, `${name}.log`);
  }

  /** Ends every process at once, except PostgreSQL: its server outlives a killed keeper, so it is stopped in order. */
  kill(): void {
    for (const [name, process] of this.#processes) {
      if (name === databasePort.name) void process.stop();
      else process.kill();
    }
  }

  #process({ name, needs, ports }: ProcessStep, work: Work): Step {
    const { workspace, report, note } = this.#options;
    const spec: ProcessSpec = {
      ...work,
      name,
      logFile: this.logFile(name),
      pidFile: pidFileOf(workspace.pidFiles, name),
      beforeRetry: () => this.#options.ports.replaceTaken(ports, note),
    };
    const process = new ManagedProcess(spec, defaultRestartPolicy, report);
    this.#processes.set(name, process);
    return { name, needs, start: () => process.start(), stop: () => process.stop() };
  }

  #postgres(): Work {
    const { workspace, ports } = this.#options;
    const databases = databaseApps.flatMap((app) => ['--database', app.database]);
    return {
      script: join(workspace.bundles, 'cli.mjs'),
      args: () => [
        'postgres',
        '--data',
        join(workspace.state, 'postgres'),
        '--port',
        String(ports.of(databasePort.name)),
        ...databases,
      ],
      environment: () => this.#common(),
      ready: readyWhenReported((facts) => {
        this.#databaseUrls = (facts as PostgresFacts).urls;
      }),
      readyTimeoutMs: 60_000,
      stopTimeoutMs: 25_000,
    };
  }

  /** The broker that is ours to run, and what makes its topology. */
  #brokerSteps(): readonly Step[] {
    const own = ownBrokerOf(this.#options.environment);
    const work = { ...this.#options, environment: () => this.#common() };
    const step = { name: brokerPort.name, needs: [], ports: portsOf(own).map(({ name }) => name) };
    if (own === 'embedded') {
      const embedded = embeddedBroker(work, (facts) => (this.#broker = facts));
      return [this.#process(step, embedded)];
    }
    if (own === 'rabbitmq') {
      const rabbitMq = localRabbitMq(work, ({ url }) => (this.#address = { rabbitMqUrl: url }));
      return [this.#process(step, rabbitMq), this.#topology()];
    }
    return 'rabbitMqUrl' in this.brokerAddress
      ? [nothingToDo(brokerPort.name), this.#topology()]
      : [nothingToDo(brokerPort.name)];
  }

  #topology(): Step {
    const { workspace, environment } = this.#options;
    const context = { workspace, environment, finish: () => undefined };
    const start = async (): Promise<void> => void (await applyTopology(context, this.brokerAddress));
    return { name: topologyStep, needs: [brokerPort.name], start };
  }

  #app(app: AppService): Work {
    const { workspace } = this.#options;
    const page = (path: string): HealthPage => ({ url: this.url(app.name) + path, instance: this.#instance });
    return {
      script: join(workspace.bundles, `${app.name}.mjs`),
      environment: () => this.#appEnvironment(app),
      ready: readyWhenHealthy(() => page(app.readyPath)),
      liveness: {
        isAlive: (signal) => isHealthy(page(app.livePath), signal),
        everyMs: 10_000,
        misses: 3,
      },
      readyTimeoutMs: 30_000,
      stopTimeoutMs: 30_000,
    };
  }

  #common(): NodeJS.ProcessEnv {
    // Compiled code is kept beside the bundles, so that the next start takes less time, and goes with them.
    const { environment, workspace } = this.#options;
    return {
      ...environment,
      ORDERFLOW_INSTANCE: this.#instance,
      NODE_COMPILE_CACHE: join(workspace.bundles, 'compile-cache'),
    };
  }

  #appEnvironment(app: AppService): NodeJS.ProcessEnv {
    const { workspace, host, ports } = this.#options;
    const { database } = app;
    return {
      ...this.#common(),
      HOST: host,
      PORT: String(ports.of(app.name)),
      ...(database !== undefined && { DATABASE_URL: this.databaseUrl({ ...app, database }) }),
      ...(app.needs.includes(brokerPort.name) && this.#brokerEnvironment()),
      ...(app.needs.includes(paymentGateway.name) && { PAYMENT_GATEWAY_URL: this.url(paymentGateway.name) }),
      ...(app.name === 'order-api' && this.#operations()),
      ...(app.name === 'order-api' && this.#exportKey()),
      ...(app === paymentGateway && { DATA_FILE: join(workspace.state, 'gateway', 'charges.jsonl') }),
    };
  }

  #brokerEnvironment(): NodeJS.ProcessEnv {
    const { workspace, environment } = this.#options;
    return { ...brokerVariablesOf(this.brokerAddress), BROKER_TOPOLOGY: topologyFileOf({ workspace, environment }) };
  }

  /** order-api serves the ops module here, unless the environment says otherwise. */
  #operations(): NodeJS.ProcessEnv {
    const { OPS = 'true', OPS_WORKERS, OPS_MONITOR_INTERVAL = '1m' } = this.#options.environment;
    const workers = Object.entries(consumers).map(([queue, app]) => `${queue}=${this.url(app)}`);
    return { OPS, OPS_WORKERS: OPS_WORKERS ?? workers.join(','), OPS_MONITOR_INTERVAL };
  }

  /** A key of its own for copies of dead letters, unless the environment has one. */
  #exportKey(): NodeJS.ProcessEnv {
    const { OPS_EXPORT_KEY, OPS_EXPORT_KEY_FILE } = this.#options.environment;
    if (OPS_EXPORT_KEY || OPS_EXPORT_KEY_FILE) return {};
    return { OPS_EXPORT_KEY_FILE: exportKeyFile(this.#options.workspace.state) };
  }

  #migration(app: AppService & { readonly database: string }): Step {
    const { workspace, environment, onMigrated } = this.#options;
    return {
      name: `migrate ${app.name}`,
      needs: ['postgres'],
      start: async () => {
        const folder = migrationFolder(app.name, workspace, environment);
        onMigrated(app.name, await migrateApp(app.name, this.databaseUrl(app), folder));
      },
    };
  }
}

/** Where a client on this machine reaches what listens on `host`. */
function reachable(host: string): string {
  return ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
}

function nothingToDo(name: string): Step {
  return { name, needs: [], start: () => Promise.resolve() };
}
