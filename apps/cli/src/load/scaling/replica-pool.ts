import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Runtime } from '@orderflow/service-kit';
import { brokerOf, brokerVariablesOf } from '../../broker-transport.js';
import type { CommandContext } from '../../command-context.js';
import { CommandError } from '../../command-error.js';
import { ManagedProcess } from '../../supervisor/managed-process.js';
import type { ProcessEvent } from '../../supervisor/process-spec.js';
import { readyWhenHealthy } from '../../supervisor/readiness.js';
import { defaultRestartPolicy } from '../../supervisor/restart-policy.js';
import { claimFreePort, type ClaimedPort } from '../../ports/free-port.js';
import type { PortClaim } from '../../ports/port-claim.js';
import { topologyFileOf } from '../../topology-file.js';
import { type AppService, apps } from '../../services.js';

const host = '127.0.0.1';

export interface ReplicaPoolOptions {
  readonly context: CommandContext;
  /** The system that runs the first replica. */
  readonly runtime: Runtime;
  /** Called with what happens to the further ones. */
  readonly report: (event: ProcessEvent) => void;
  /** Called when one does not start, however often it is tried. */
  readonly onFailure: (error: unknown) => void;
}

/** The replicas of one app on this machine: the one that `orderflow up` runs, and those that are started here. */
export class ReplicaPool {
  readonly app: AppService;
  readonly #options: ReplicaPoolOptions;
  /** Further replicas, the newest last. */
  readonly #further: ManagedProcess[] = [];
  /** Those that were asked to stop and are not gone yet. */
  readonly #stopping = new Set<ManagedProcess>();
  readonly #ready = new Set<ManagedProcess>();
  /** What keeps the ports of replicas that are not gone. */
  readonly #claims = new Map<ManagedProcess, PortClaim>();
  /** Distinguishes these replicas from whatever else may answer on their ports. */
  readonly #instance = randomUUID();
  /** Starts and stops under way. */
  readonly #changes = new Set<Promise<unknown>>();

  constructor(app: string, options: ReplicaPoolOptions) {
    this.app = serviceNamed(app);
    this.#options = options;
  }

  /** Those that do their work; ones that are still starting are not counted. */
  get running(): number {
    return 1 + this.#ready.size;
  }

  /**
   * Begins to start or stop replicas so that there are `count`, of which the first is not ours to stop. One call at a
   * time; {@link settled} waits for what it began.
   */
  async scaleTo(count: number): Promise<void> {
    while (this.#further.length + 1 > Math.max(1, count)) this.#stopNewest();
    while (this.#further.length + 1 < count) this.#startAnother(await claimFreePort(host));
  }

  /** Resolves when every replica is ready or gone. */
  async settled(): Promise<void> {
    await Promise.all(this.#changes);
  }

  /** Ends every further replica at once. */
  kill(): void {
    for (const replica of [...this.#further, ...this.#stopping]) replica.kill();
  }

  #startAnother({ port, claim }: ClaimedPort): void {
    const replica = this.#replica(this.#further.length + 2, port);
    this.#further.push(replica);
    this.#claims.set(replica, claim);
    const start = async (): Promise<void> => {
      await replica.start();
      this.#ready.add(replica);
    };
    // One that is stopped while it starts has not failed.
    this.#track(start().catch((error: unknown) => this.#further.includes(replica) && this.#options.onFailure(error)));
  }

  #stopNewest(): void {
    const replica = this.#further.pop();
    if (replica === undefined) return;
    this.#ready.delete(replica);
    this.#stopping.add(replica);
    const gone = (): void => {
      this.#stopping.delete(replica);
      this.#claims.get(replica)?.release();
      this.#claims.delete(replica);
    };
    this.#track(replica.stop().finally(gone));
  }

  #track(change: Promise<unknown>): void {
    this.#changes.add(change);
    void change.finally(() => this.#changes.delete(change));
  }

  #replica(number: number, port: number): ManagedProcess {
    const { context, runtime, report } = this.#options;
    const name = `${this.app.name}-${number}`;
    const spec = {
      name,
      script: join(context.workspace.bundles, `${this.app.name}.mjs`),
      environment: () => ({
        ...replicaEnvironment(this.app, port, context, runtime),
        ORDERFLOW_INSTANCE: this.#instance,
      }),
      logFile: join(runtime.logs, `${name}.log`),
      ready: readyWhenHealthy(() => ({
        url: `http://${host}:${port}${this.app.readyPath}`,
        instance: this.#instance,
      })),
      readyTimeoutMs: 60_000,
      stopTimeoutMs: 30_000,
    };
    return new ManagedProcess(spec, defaultRestartPolicy, report);
  }
}

function serviceNamed(name: string): AppService {
  const found = apps.find((app) => app.name === name);
  if (found === undefined) throw new CommandError(`There is no app ${name}.`);
  return found;
}

/** The same as the first replica has, except the port. */
function replicaEnvironment(
  app: AppService,
  port: number,
  context: CommandContext,
  runtime: Runtime,
): NodeJS.ProcessEnv {
  const { workspace, environment } = context;
  const { databases, gateway } = runtime;
  const address = brokerOf(runtime);
  return {
    ...environment,
    ...(address !== undefined && brokerVariablesOf(address)),
    BROKER_TOPOLOGY: topologyFileOf(context),
    NODE_COMPILE_CACHE: join(workspace.bundles, 'compile-cache'),
    HOST: host,
    PORT: String(port),
    DATABASE_URL: databases[app.name],
    PAYMENT_GATEWAY_URL: gateway.url,
  };
}
