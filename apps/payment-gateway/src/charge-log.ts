import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Charge } from './charge.js';

/**
 * The charges in a file, one JSON line each, on disk before anybody hears of them: a gateway that is killed forgets no
 * charge. A line that a crash cut short was never answered, and is cut off.
 */
export class ChargeLog {
  readonly #file: FileHandle;
  #waiting: Buffer[] = [];
  #writing: Promise<void> | undefined;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<{ log: ChargeLog; charges: Charge[] }> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'a+', 0o600);
    const text = await file.readFile('utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    await file.truncate(Buffer.byteLength(whole));
    const charges = whole
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Charge);
    return { log: new ChargeLog(file), charges };
  }

  /** Resolves once the charge is on disk; charges that come in meanwhile share the next sync. */
  async append(charge: Charge): Promise<void> {
    this.#waiting.push(Buffer.from(`${JSON.stringify(charge)}\n`));
    await this.#writing?.catch(() => {});
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    await this.#file.appendFile(Buffer.concat(lines));
    await this.#file.datasync();
  }
}
