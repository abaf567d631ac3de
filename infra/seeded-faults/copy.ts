import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Fault } from './fault.ts';

export const REPOSITORY_ROOT = join(import.meta.dirname, '../..');

/** What the suites of infra read, besides the sources of the apps, in which no fault is seeded. */
const COPIED = ['infra', 'docs', 'Dockerfile', '.dockerignore', 'docker-compose.yml'];
const LEFT_OUT = new Set(['node_modules', 'out-tsc', '.terraform', 'test-totals.json']);

/** A copy of the infrastructure in a temporary folder, to seed faults in. */
export class InfraCopy {
  readonly root = mkdtempSync(join(tmpdir(), 'orderflow-faults-'));
  readonly #originals = new Map<string, string>();

  constructor() {
    for (const path of COPIED) {
      const filter = (source: string): boolean => !LEFT_OUT.has(basename(source));
      cpSync(join(REPOSITORY_ROOT, path), join(this.root, path), { recursive: true, filter });
    }
  }

  /** Seeds a fault; answers false, and changes nothing, where another one already changed its text. */
  seed({ name, file, find, replace }: Fault): boolean {
    const path = join(this.root, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(find)) {
      if (this.#originals.get(path)?.includes(find)) return false;
      throw new Error(`${name}: ${file} has no ${JSON.stringify(find)}`);
    }
    if (!this.#originals.has(path)) this.#originals.set(path, text);
    writeFileSync(path, text.replaceAll(find, replace));
    return true;
  }

  /** Takes every seeded fault out again. */
  restore(): void {
    for (const [path, text] of this.#originals) writeFileSync(path, text);
    this.#originals.clear();
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
