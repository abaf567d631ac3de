import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { lastLines } from './last-lines.js';
import { hangs } from './liveness.js';
import { removePidFile, writePidFile } from './pid-file.js';
import type { ProcessEvent, ProcessSpec } from './process-spec.js';
import { type RestartPolicy, restartDelay } from './restart-policy.js';

const shownLines = 10;

/** One start of the process: the child, and how it ended. */
interface Life {
  readonly child: ChildProcess;
  readonly startedAt: number;
  /** The size of the log when it began. */
  readonly logFrom: number;
  readonly ended: Promise<string>;
}

/** A life that is over. */
interface End {
  readonly life: Life;
  readonly how: string;
  /** Ends in a row, this one included. */
  readonly failures: number;
  readonly givenUp: boolean;
}

/**
 * Keeps one process running: starts it, waits until it is ready, starts it again when it ends, stops it in order.
 * The child leads a process group of its own, so that Ctrl-C in a terminal reaches the supervisor alone, and holds an
 * IPC channel, whose end means that the supervisor is gone.
 */
export class ManagedProcess {
  readonly #spec: ProcessSpec;
  readonly #policy: RestartPolicy;
  readonly #report: (event: ProcessEvent) => void;
  readonly #stopping = new AbortController();
  #life: Life | undefined;
  #running: Promise<void> | undefined;
  #stopped: Promise<boolean> | undefined;

  constructor(spec: ProcessSpec, policy: RestartPolicy, report: (event: ProcessEvent) => void) {
    this.#spec = spec;
    this.#policy = policy;
    this.#report = report;
  }

  /** The process id while it runs. */
  get pid(): number | undefined {
    return this.#life?.child.pid;
  }

  /**
   * Resolves when the process is ready for the first time, and keeps it running from then on. Rejects when it ended
   * as often in a row as the policy calls a crash loop, or was stopped before it was ready.
   */
  start(): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.#running = this.#keepRunning(first.resolve).then(
      () => first.reject(new Error(`${this.#spec.name} was stopped before it was ready.`)),
      (error: unknown) => first.reject(error),
    );
    return first.promise;
  }

  /**
   * Asks the process to stop and resolves when it has ended, by force after its deadline. The result says whether it
   * ended by itself. Safe to call twice.
   */
  stop(): Promise<boolean> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Ends the process and its group at once. */
  kill(): void {
    this.#stopping.abort();
    const { child } = this.#life ?? {};
    if (child !== undefined) killGroup(child);
  }

  async #stop(): Promise<boolean> {
    const { name, stopTimeoutMs } = this.#spec;
    const askedAt = performance.now();
    this.#stopping.abort();
    const life = this.#life;
    let inTime = true;
    if (life !== undefined) {
      askToStop(life.child);
      const deadline = setTimeout(() => {
        inTime = false;
        this.#report({ kind: 'killed', name, afterMs: stopTimeoutMs });
        killGroup(life.child);
      }, stopTimeoutMs);
      await life.ended;
      clearTimeout(deadline);
    }
    await this.#running;
    if (life !== undefined && inTime) this.#report({ kind: 'stopped', name, tookMs: performance.now() - askedAt });
    return inTime;
  }

  async #keepRunning(onFirstReady: () => void): Promise<void> {
    const { stableAfterMs, loopAfter } = this.#policy;
    let everReady = false;
    let failures = 0;
    for (let restarts = 0; !this.#stopping.signal.aborted; restarts += 1) {
      if (restarts > 0 && !everReady) await this.#spec.beforeRetry?.();
      const life = this.#spawn();
      const notReady = await this.#becomeReady(life);
      const readyAt = performance.now();
      if (notReady === undefined) {
        everReady = true;
        this.#report({ kind: 'ready', name: this.#spec.name, tookMs: readyAt - life.startedAt, restarts });
        onFirstReady();
      }
      const ended = await this.#untilEnd(life);
      this.#life = undefined;
      if (this.#stopping.signal.aborted) return;
      const wasStable = notReady === undefined && performance.now() - readyAt >= stableAfterMs;
      failures = wasStable ? 1 : failures + 1;
      const givenUp = !everReady && failures >= loopAfter;
      await this.#afterEnd({ life, how: notReady ?? ended, failures, givenUp });
    }
  }

  /** How a life ended; a process that hangs is ended here. */
  async #untilEnd({ child, ended }: Life): Promise<string> {
    const { liveness } = this.#spec;
    if (liveness === undefined) return ended;
    const over = new AbortController();
    const hung = hangs(liveness, AbortSignal.any([over.signal, this.#stopping.signal])).then((isHung) => {
      if (isHung) killGroup(child);
      return isHung;
    });
    const how = await ended;
    over.abort();
    return (await hung) ? 'it did not answer any more' : how;
  }

  /** Reports the end of a life, and waits until the next one is due. */
  async #afterEnd({ life, how, failures, givenUp }: End): Promise<void> {
    const { name, logFile } = this.#spec;
    const restartInMs = restartDelay(this.#policy, failures);
    this.#report({
      kind: 'ended',
      name,
      how,
      failures,
      logFile,
      ...(givenUp ? {} : { restartInMs }),
      ...(failures >= this.#policy.loopAfter && { lastLines: lastLines(logFile, shownLines, life.logFrom) }),
    });
    if (givenUp) throw new Error(`${name} does not start: it ended ${failures} times in a row (${how}).`);
    // Stopped while waiting: the loop ends by itself.
    await pause(restartInMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  #spawn(): Life {
    const { script, args, environment, logFile, pidFile } = this.#spec;
    const log = openSync(logFile, 'a', 0o600);
    const logFrom = fstatSync(log).size;
    const child = spawn(process.execPath, ['--enable-source-maps', script, ...(args?.() ?? [])], {
      env: environment(),
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
      windowsHide: true,
    });
    closeSync(log);
    if (pidFile !== undefined && child.pid !== undefined) writePidFile(pidFile, child.pid);
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => {
        if (pidFile !== undefined) removePidFile(pidFile);
        resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
      });
      child.once('error', (error) => {
        if (child.pid === undefined) resolve(error.message);
      });
    });
    const life = { child, startedAt: performance.now(), logFrom, ended };
    this.#life = life;
    return life;
  }

  /** Undefined when it got ready, else why it did not; then its process has been ended. */
  async #becomeReady({ child, ended }: Life): Promise<string | undefined> {
    const { ready, readyTimeoutMs } = this.#spec;
    const over = new AbortController();
    const timeout = setTimeout(() => over.abort(`not ready after ${readyTimeoutMs / 1000} s`), readyTimeoutMs);
    void ended.then((how) => over.abort(how));
    try {
      await Promise.race([
        ready(child, over.signal),
        once(over.signal, 'abort').then(() => Promise.reject(over.signal.reason)),
      ]);
      return undefined;
    } catch (error) {
      killGroup(child);
      return error instanceof Error ? error.message : String(error);
    } finally {
      clearTimeout(timeout);
      over.abort();
    }
  }
}

function askToStop(child: ChildProcess): void {
  // Windows knows no SIGTERM; there the end of the channel says the same.
  if (process.platform === 'win32' && child.connected) child.disconnect();
  else child.kill('SIGTERM');
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (process.platform === 'win32') child.kill('SIGKILL');
  else process.kill(-child.pid, 'SIGKILL');
}
