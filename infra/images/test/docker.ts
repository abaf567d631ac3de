import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `DOCKER` names another client than the first on the path. */
export const CLIENT = process.env['DOCKER'] ?? 'docker';

/** What to do about it. */
export const HOW_TO_GET_BUILDKIT =
  'Install its buildx plugin, or name a client that has BuildKit: DOCKER=/usr/bin/docker npm run test:images';

const buildEnvironment = { ...process.env, DOCKER_BUILDKIT: '1' };

/** Whether a Docker engine answers. */
export function engineAnswers(): boolean {
  return spawnSync(CLIENT, ['info']).status === 0;
}

/**
 * Why the client cannot build the Dockerfile, in its own words; undefined when it can. Asked with an empty image, which
 * needs BuildKit and neither network nor disk: a client without buildx says so at once instead of at every image.
 */
export function buildObstacle(): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(CLIENT, ['build', '--quiet', '-'], {
    encoding: 'utf8',
    env: buildEnvironment,
    input: 'FROM scratch\nLABEL org.opencontainers.image.title="orderflow/probe"\n',
    timeout: 20_000,
  });
  // A client that gives up before it has read the Dockerfile says so: the broken pipe is no news.
  if (status !== 0) return (stderr || error?.message || `exit code ${status}`).replaceAll(/\s+/g, ' ').trim();
  spawnSync(CLIENT, ['image', 'rm', stdout.trim()]);
  return undefined;
}

/** The first Compose that knows `required` of `depends_on`: 2.20. */
const oldestCompose = [2, 20] as const;
export const OLDEST_COMPOSE = `Docker Compose ${oldestCompose.join('.')} or newer`;

/** `docker-compose` or `docker compose`, whichever is new enough; undefined where neither is. */
export function composeCommand(): readonly string[] | undefined {
  return [['docker-compose'], [CLIENT, 'compose']].find(([command, ...args]) => {
    const { status, stdout } = spawnSync(command as string, [...args, 'version', '--short'], {
      encoding: 'utf8',
      env: process.env,
    });
    return status === 0 && readsOurFile(stdout);
  });
}

/** @param version as in `2.29.1` or `v2.29.1` */
function readsOurFile(version: string): boolean {
  const [major = 0, minor = 0] = version.trim().replace(/^v/, '').split('.').map(Number);
  return major > oldestCompose[0] || (major === oldestCompose[0] && minor >= oldestCompose[1]);
}

/** Runs the Docker client and answers what it printed. Throws with its error output when it fails. */
export function docker(...args: readonly string[]): Promise<string> {
  return execute([CLIENT, ...args]);
}

/** Runs a command and answers its standard output. Throws with everything it said when it fails. */
export async function execute(
  [command, ...args]: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const env = { ...buildEnvironment, ...environment };
  const { stdout } = await run(command as string, args, { env, maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: Error & { stderr?: string; stdout?: string }) => {
      throw new Error(`${[command, ...args].join(' ')} failed:\n${error.stdout}${error.stderr || error.message}`);
    },
  );
  return stdout.trim();
}

/** Runs a shell line in a new container of an image, with its root file system read-only, and answers what it printed. */
export function inShell(image: string, line: string): Promise<string> {
  return docker('run', '--rm', '--read-only', '--network', 'none', '--entrypoint', 'sh', image, '-c', line);
}

/** How a container that was run to its end ended. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs a container to its end, whatever that is. */
export function runToEnd(...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(CLIENT, ['run', '--rm', ...args], { encoding: 'utf8' });
  return { code: status ?? -1, output: stdout + stderr };
}

/** What the engine knows of an image's or a container's configuration. */
export interface Configuration {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Healthcheck?: { readonly Test: readonly string[] };
  readonly Labels: Readonly<Record<string, string>>;
}

export interface ImageFacts {
  readonly Size: number;
  readonly Config: Configuration;
}

export async function inspectImage(image: string): Promise<ImageFacts> {
  const [facts] = JSON.parse(await docker('image', 'inspect', image)) as [ImageFacts];
  return facts;
}

export interface ContainerFacts {
  readonly Id: string;
  readonly State: { readonly Status: string; readonly ExitCode: number; readonly Health?: { readonly Status: string } };
  readonly HostConfig: { readonly ReadonlyRootfs: boolean; readonly CapDrop: readonly string[] };
  readonly Config: Configuration & { readonly Labels: { readonly 'com.docker.compose.service': string } };
}

export async function inspectContainers(ids: readonly string[]): Promise<ContainerFacts[]> {
  return ids.length === 0 ? [] : (JSON.parse(await docker('container', 'inspect', ...ids)) as ContainerFacts[]);
}
