import { setTimeout as pause } from 'node:timers/promises';
import { workspace } from './build-images.ts';
import { type ContainerFacts, docker, execute, inspectContainers } from './docker.ts';

export interface ComposeOptions {
  readonly command: readonly string[];
  readonly project: string;
  /** Variables of docker-compose.yml and of compose itself: `COMPOSE_PROFILES`. */
  readonly environment: Readonly<Record<string, string>>;
}

export const workers = ['order-worker', 'billing-worker', 'analytics-worker'] as const;
export const apps = ['order-api', 'operations', ...workers, 'payment-gateway', 'dev-issuer'] as const;

const ports: Readonly<Record<string, number>> = {
  'order-api': 3000,
  'order-worker': 3001,
  'billing-worker': 3002,
  'analytics-worker': 3003,
  'payment-gateway': 3004,
  'dev-issuer': 3005,
  operations: 3006,
  // Its pages and its interface over HTTP.
  rabbitmq: 15_672,
};

const published = [...apps, 'broker', 'rabbitmq', 'rabbitmq-management'];

/** The system of docker-compose.yml, beside whatever else runs here: a project, volumes and ports of its own. */
export class ComposeSystem {
  readonly #options: ComposeOptions;
  readonly #addresses = new Map<string, string>();

  constructor(options: ComposeOptions) {
    this.#options = options;
  }

  /** The prefix of the names of its containers, networks and volumes. */
  get project(): string {
    return this.#options.project;
  }

  /** Starts what is not running, in the order of health. */
  async up(...args: readonly string[]): Promise<void> {
    await this.compose('up', '--detach', '--no-build', ...args);
    this.forgetAddresses();
  }

  /**
   * Stops everything, and removes containers, networks and volumes, of every profile.
   * @throws Error when a volume is left
   */
  async remove(): Promise<void> {
    await this.compose('--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '30');
    const left = await docker('volume', 'ls', '--quiet', '--filter', `name=${this.#options.project}_`);
    if (left !== '') throw new Error(`Volumes are left: ${left.split('\n').join(', ')}`);
  }

  /** Stops everything, the apps before what they need, and answers how many seconds that took. */
  async stop(): Promise<number> {
    const startedAt = performance.now();
    await this.compose('stop', '--timeout', '30');
    return (performance.now() - startedAt) / 1_000;
  }

  /** Starts again what was stopped. */
  async start(): Promise<void> {
    await this.compose('start');
    this.forgetAddresses();
  }

  compose(...args: readonly string[]): Promise<string> {
    const { command, project, environment } = this.#options;
    const file = ['--file', `${workspace}/docker-compose.yml`, '--project-name', project];
    const freePorts = Object.fromEntries(published.map((name) => [portVariable(name), '0']));
    return execute([...command, ...file, ...args], { ...freePorts, ...environment });
  }

  /** Where an app answers. */
  async url(app: string, path = ''): Promise<string> {
    const address = this.#addresses.get(app) ?? (await this.compose('port', app, String(ports[app])));
    this.#addresses.set(app, address);
    return `http://${address}${path}`;
  }

  /** A restarted container gets another port: to be called when one does not answer. */
  forgetAddresses(): void {
    this.#addresses.clear();
  }

  /** Every container, also the ended ones, by its service. */
  async containers(...services: readonly string[]): Promise<ContainerFacts[]> {
    const ids = await docker(
      'ps',
      '--all',
      '--quiet',
      '--filter',
      `label=com.docker.compose.project=${this.#options.project}`,
    );
    const all = await inspectContainers(ids.split('\n').filter(Boolean));
    return services.length === 0 ? all : all.filter((each) => services.includes(serviceOf(each)));
  }

  /** The containers that ended with another exit code than 0, each with the end of its log. */
  async endsOtherThan0(): Promise<string[]> {
    const failed = (await this.containers()).filter(({ State }) => State.ExitCode !== 0);
    return Promise.all(
      failed.map(async (each) => {
        const log = await this.compose('logs', '--no-color', '--tail', '20', serviceOf(each));
        return `${serviceOf(each)} ended with ${each.State.ExitCode}:\n${log}`;
      }),
    );
  }

  /** Ends a service's containers without warning, and starts them again: all of them, then all, or one after the other. */
  async killAndRestart(service: string, { oneByOne = false } = {}): Promise<void> {
    const ids = (await this.containers(service)).map(({ Id }) => Id);
    for (const some of oneByOne ? ids.map((id) => [id]) : [ids]) {
      await docker('kill', '--signal', 'KILL', ...some);
      await docker('start', ...some);
      this.forgetAddresses();
    }
  }
}

export const serviceOf = ({ Config }: ContainerFacts): string => Config.Labels['com.docker.compose.service'];

const portVariable = (name: string): string => `${name.toUpperCase().replaceAll('-', '_')}_PORT`;

/**
 * Asks again and again until the answer satisfies: containers tell what they will do only when asked. Five minutes are
 * more than the first delay of a message that failed on a machine that is too busy.
 * @throws Error with the last answer when `timeoutMs` have passed
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  satisfies: (answer: T) => boolean,
  timeoutMs = 300_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const outcome = await ask().then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    if ('answer' in outcome && satisfies(outcome.answer)) return outcome.answer;
    if (Date.now() > deadline) {
      const last = 'answer' in outcome ? JSON.stringify(outcome.answer) : String(outcome.error);
      throw new Error(`Waited ${timeoutMs / 1_000} s in vain until ${what}; at last: ${last}`);
    }
    await pause(250);
  }
}
