import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { until } from './until.js';
import { type Command, type Report, strikePipe, type Struck, type WorkerSettings } from './protocol.js';

type StateReport = Extract<Report, { kind: 'state' }>;

/** How a worker is started here. */
export interface WorkerProcessOptions {
  /** The bundled worker. */
  readonly file: string;
  /** Where Node.js keeps what it compiled, for the next start. */
  readonly cacheDir: string;
  readonly settings: WorkerSettings;
}

/** A worker in a process of its own, as its parent sees it. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #reports: Report[] = [];
  readonly #listeners = new Set<() => void>();
  /** What it reached since it was asked to forget, as its probe names it. */
  readonly reached = new Set<string>();
  #era = 0;
  #asked = 0;
  #output = '';
  #struck = false;

  constructor({ file, cacheDir, settings }: WorkerProcessOptions) {
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    // Reading the source map is half of a start, and it is read for nothing while no worker ends by itself.
    const readable = process.env['KILL_POINTS_VERBOSE'] === '1' ? ['--enable-source-maps'] : [];
    this.#child = spawn(process.execPath, [...readable, file, JSON.stringify(settings)], {
      env: { ...inherited, NODE_COMPILE_CACHE: cacheDir },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
    });
    this.#ended = once(this.#child, 'close').then(() => this.#changed());
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => (this.#output += chunk));
    }
    this.#child.on('message', (report) => {
      this.#keep(report as Report);
      this.#changed();
    });
    this.#pipe.on('error', () => undefined); // a killed worker does not read the answer
    this.#pipe.once('data', () => {
      this.#struck = true;
      this.#changed();
    });
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Whether it waits for a fault to be done, and does nothing else. */
  get isStruck(): boolean {
    return this.#struck;
  }

  /** Resolves with `true` when it was struck, with `false` when it ended or `giveUp` settled before. */
  async struck(giveUp: Promise<unknown>): Promise<boolean> {
    let gaveUp = false;
    const end = (): void => {
      gaveUp = true;
      this.#changed();
    };
    void giveUp.then(end, end);
    await this.#when(() => this.#struck || !this.isAlive || gaveUp);
    // What it said last may come after the news of its end.
    if (!this.isAlive) await this.#ended;
    return this.#struck;
  }

  /** Lets it go on after a strike. */
  resume(struck: Struck): void {
    this.#pipe.write(`${JSON.stringify(struck)}\n`);
    this.#struck = false;
    this.#pipe.once('data', () => {
      this.#struck = true;
      this.#changed();
    });
  }

  /** Resolves with whether the report came; `false` when it ended before, or was asked to forget. */
  async said(kind: Report['kind']): Promise<boolean> {
    const era = this.#era;
    let came = false;
    await this.#when(
      () => this.#era !== era || (came = this.#take((report) => report.kind === kind) !== undefined) || !this.isAlive,
    );
    return came;
  }

  /** Ends every wait for a report, and begins anew. */
  forget(): void {
    this.#era += 1;
    this.#reports.length = 0;
    this.reached.clear();
    this.#changed();
  }

  send(command: Command): void {
    if (this.#child.connected) this.#child.send(command, () => undefined);
  }

  /** What it is doing now; undefined when it has ended or is struck. */
  async state(): Promise<StateReport | undefined> {
    const id = (this.#asked += 1);
    this.send({ kind: 'report', id });
    const isAnswer = (report: Report): boolean => report.kind === 'state' && report.id === id;
    let state: Report | undefined;
    await this.#when(() => (state = this.#take(isAnswer)) !== undefined || this.#struck || !this.isAlive);
    return state as StateReport | undefined;
  }

  /** Resolves once the system has frozen it. */
  async frozen(): Promise<void> {
    const stat = `/proc/${this.#child.pid}/stat`;
    await until('the worker is frozen', async () => /^\d+ \(.*\) T /.test(await readFile(stat, 'utf8')));
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** Resolves when it has ended, with what it said when it did so without having been killed or asked to. */
  async ended(): Promise<string | undefined> {
    await this.#ended;
    if (this.#child.exitCode === 0 || this.#child.signalCode === 'SIGKILL') return undefined;
    return `the worker ended with ${this.#child.exitCode ?? this.#child.signalCode}: ${this.#output.trim()}`;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  get #pipe(): Duplex {
    return this.#child.stdio[strikePipe] as Duplex;
  }

  #keep(report: Report): void {
    this.#reports.push(report);
    if (report.kind === 'state') report.reached.forEach((key) => this.reached.add(key));
  }

  #take(isWanted: (report: Report) => boolean): Report | undefined {
    const index = this.#reports.findIndex(isWanted);
    return index < 0 ? undefined : this.#reports.splice(index, 1)[0];
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  async #when(condition: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }
}
