import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The system's own topology with locks of five seconds, the shortest there are, instead of a minute: what a killed
 * worker held comes back when its locks run out, and nothing else is proved by waiting longer.
 */
export class ShortLocks {
  /** For BROKER_TOPOLOGY. */
  readonly file: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.file = join(folder, 'Config.json');
  }

  static async write(): Promise<ShortLocks> {
    const own = await readFile(new URL('../../infra/servicebus/Config.json', import.meta.url), 'utf8');
    const written = new ShortLocks(await mkdtemp(join(tmpdir(), 'orderflow-e2e-topology-')));
    await writeFile(written.file, own.replaceAll('"LockDuration": "PT1M"', '"LockDuration": "PT5S"'));
    return written;
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true });
  }
}
