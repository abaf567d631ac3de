import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary directory with small programs to supervise. */
export class Scripts {
  readonly directory = mkdtempSync(join(tmpdir(), 'orderflow-cli-'));

  /** Writes a program and answers its path. */
  write(name: string, source: string): string {
    const path = join(this.directory, `${name}.mjs`);
    writeFileSync(path, source);
    return path;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Says that it is ready, and ends in order when it is asked to, or when its supervisor is gone. */
export const wellBehaved = `
const stop = (why) => { console.log('stopping: ' + why); process.exit(0); };
process.on('SIGTERM', () => stop('SIGTERM'));
process.on('disconnect', () => stop('disconnect'));
setInterval(() => {}, 1000);
process.send({});
`;

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves once a condition holds for which there is no event; after 45 s, less than a test may take, rejects with it. */
export async function eventually(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 45_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Waited 45 s in vain until ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
