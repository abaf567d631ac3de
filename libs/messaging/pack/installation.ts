import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const workspace = join(import.meta.dirname, '..', '..', '..');

/** The output of a command that ended, whichever way. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** A program that said that it is ready. */
export interface RunningProgram {
  /** What it is reached by. */
  readonly url: string;
  /** Sends SIGTERM. @returns the exit code, and everything it printed */
  stop(): Promise<Outcome>;
}

/**
 * Packs a library as `npm publish` would.
 * @returns the path of its tarball in `folder`
 */
export async function pack(library: string, folder: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: join(workspace, 'libs', library),
    maxBuffer: 16 * 1024 * 1024,
  });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }];
  return join(folder, filename);
}

/** A folder of somebody else's, outside the workspace, into which packages are installed as anybody would. */
export class Installation {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), 'packed-'));
    await writeFile(join(folder, 'package.json'), '{ "name": "somebody-else", "private": true, "type": "module" }');
    return new Installation(folder);
  }

  /** Installs tarballs, and packages of the registry by name at the versions of the workspace's lock. */
  async install(tarballs: readonly string[], names: readonly string[] = []): Promise<void> {
    const lock = JSON.parse(await readFile(join(workspace, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string }>;
    };
    const exact = names.map((name) => `${name}@${lock.packages[`node_modules/${name}`]?.version}`);
    // What `npm ci` did not leave in npm's cache comes from the registry, which need not answer at once.
    const options = ['--prefer-offline', '--fetch-retries=5', '--no-audit', '--no-fund', '--ignore-scripts'];
    await run('npm', ['install', ...options, ...tarballs, ...exact], { cwd: this.folder });
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(join(this.folder, name), text);
  }

  /** Compiles by a configuration of the folder. */
  compile(config = 'tsconfig.json'): Promise<Outcome> {
    return this.node(join(workspace, 'node_modules', 'typescript', 'lib', 'tsc.js'), '--pretty', 'false', '-p', config);
  }

  node(...args: string[]): Promise<Outcome> {
    return this.run({}, ...args);
  }

  async run(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Outcome> {
    const child = this.#spawn(env, args);
    const lines = collect(child);
    const [code] = (await once(child, 'close')) as [number];
    return { code, output: lines.join('\n') };
  }

  /** Starts a program. @throws Error with its output when it ends before it is ready */
  async start(env: Readonly<Record<string, string>>, ...args: string[]): Promise<RunningProgram> {
    const child = this.#spawn(env, args);
    const lines = collect(child);
    const closed = once(child, 'close') as Promise<[number]>;
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout! }).on('line', (line) => {
        if (line.startsWith('ready: ')) resolve(line.slice('ready: '.length));
      });
      void closed.then(() => reject(new Error(`It ended before it was ready:\n${lines.join('\n')}`)));
    });
    const stop = async (): Promise<Outcome> => {
      child.kill('SIGTERM');
      const [code] = await closed;
      return { code, output: lines.join('\n') };
    };
    return { url, stop };
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }

  #spawn(env: Readonly<Record<string, string>>, args: readonly string[]): ChildProcess {
    // Without Jest's own: somebody else runs plain Node.js.
    const { NODE_OPTIONS: _, NODE_ENV: __, ...inherited } = process.env;
    return spawn(process.execPath, args, { cwd: this.folder, env: { ...inherited, FORCE_COLOR: '0', ...env } });
  }
}

function collect(child: ChildProcess): string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  return lines;
}
