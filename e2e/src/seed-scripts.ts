import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Debian's: its packages have the SDK of the scripts, on uamqp, which uses port 5671 whatever its endpoint says. */
const PYTHON = '/usr/bin/python3';

/** Whether the scripts can run here; a test without them is skipped, and says what it needs. */
export const hasPythonSdk =
  spawnSync(PYTHON, ['-c', 'import azure.servicebus, dotenv'], { stdio: 'ignore' }).status === 0;

/** The port that Microsoft's older SDKs for Python insist on. */
export const AMQPS = 5671;

export interface ScriptTarget {
  readonly host: string;
  /** The file with the certificate to trust. */
  readonly certificate: string;
}

/** One of the scripts in `seeds/`, as it is, while it runs. */
export class SeedScript {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #errors = '';
  #printed: (() => void) | undefined;

  constructor(name: string, { host, certificate }: ScriptTarget, more: Readonly<Record<string, string>> = {}) {
    const credentials = 'SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE';
    const child = spawn(PYTHON, ['-u', fileURLToPath(new URL(`seeds/${name}`, import.meta.url))], {
      env: {
        ...process.env,
        SERVICEBUS_CONNECTION_STRING: `Endpoint=sb://${host}/;${credentials}`,
        QUEUE_NAME: 'orders',
        TOPIC_NAME: 'events',
        SSL_CERT_FILE: certificate,
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#exited = once(child, 'close');
    child.stderr.on('data', (chunk: Buffer) => (this.#errors = (this.#errors + chunk.toString()).slice(-2_000)));
    createInterface(child.stdout).on('line', (line) => {
      this.lines.push(line);
      this.#printed?.();
    });
  }

  /** Resolves with the lines once so many match. @throws when the script ends before */
  async printed(pattern: RegExp, count: number): Promise<readonly string[]> {
    for (;;) {
      const found = this.lines.filter((line) => pattern.test(line));
      if (found.length >= count) return found;
      if (this.#child.exitCode !== null) throw new Error(`It ended after ${found.length} lines: ${this.#errors}`);
      const next = new Promise<void>((resolve) => (this.#printed = resolve));
      await Promise.race([next, this.#exited]);
    }
  }

  /** Resolves when the script has ended by itself. @throws when it failed */
  async ended(): Promise<readonly string[]> {
    await this.#exited;
    if (this.#child.exitCode !== 0) throw new Error(`It ended with ${this.#child.exitCode}: ${this.#errors}`);
    return this.lines;
  }

  /** Ends a script that goes on for ever. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
