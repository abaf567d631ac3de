import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { eventually, isAlive, Scripts, wellBehaved } from '../../test/scripts.js';
import { ManagedProcess } from './managed-process.js';
import type { ProcessEvent, ProcessSpec } from './process-spec.js';
import { readyWhenReported } from './readiness.js';

const policy = { firstDelayMs: 5, maxDelayMs: 20, stableAfterMs: 60_000, loopAfter: 3 };

let scripts: Scripts;
let events: ProcessEvent[];
let running: ManagedProcess[];

beforeEach(() => {
  scripts = new Scripts();
  events = [];
  running = [];
});

afterEach(async () => {
  for (const managed of running) managed.kill();
  await Promise.all(running.map((managed) => managed.stop()));
  scripts.remove();
});

function manage(source: string, changes: Partial<ProcessSpec> = {}): ManagedProcess {
  const spec: ProcessSpec = {
    name: 'sample',
    script: scripts.write('sample', source),
    environment: () => process.env,
    logFile: scripts.path('sample.log'),
    ready: readyWhenReported(() => undefined),
    readyTimeoutMs: 20_000,
    stopTimeoutMs: 20_000,
    ...changes,
  };
  const managed = new ManagedProcess(spec, policy, (event) => events.push(event));
  running.push(managed);
  return managed;
}

const kinds = (): string[] => events.map(({ kind }) => kind);
const log = (): string => readFileSync(scripts.path('sample.log'), 'utf8');

describe('a managed process', () => {
  it('is started once it says it is ready, with both outputs in its log', async () => {
    const managed = manage(`console.log('out'); console.error('err');${wellBehaved}`);
    await managed.start();
    expect(events).toEqual([expect.objectContaining({ kind: 'ready', name: 'sample', restarts: 0 })]);
    expect(log()).toContain('out\nerr\n');
  });

  it('gets SIGTERM when it is stopped, and is waited for', async () => {
    const managed = manage(wellBehaved);
    await managed.start();
    expect(await managed.stop()).toBe(true);
    expect(managed.pid).toBeUndefined();
    expect(kinds()).toEqual(['ready', 'stopped']);
    expect(log()).toBe('stopping: SIGTERM\n');
  });

  it('is killed when it does not stop within its deadline', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); process.send({}); setInterval(() => {}, 1000);`;
    const managed = manage(stubborn, { stopTimeoutMs: 50 });
    await managed.start();
    expect(await managed.stop()).toBe(false);
    expect(kinds()).toEqual(['ready', 'killed']);
  });

  it('is started again after it was killed', async () => {
    const managed = manage(wellBehaved);
    await managed.start();
    const first = managed.pid ?? 0;
    process.kill(first, 'SIGKILL');
    await eventually(() => events.length === 3);
    expect(events[1]).toMatchObject({ kind: 'ended', how: 'signal SIGKILL', failures: 1, restartInMs: 5 });
    expect(events[2]).toMatchObject({ kind: 'ready', restarts: 1 });
    expect(managed.pid).not.toBe(first);
    expect(isAlive(first)).toBe(false);
  });

  it('is killed and started again when it hangs', async () => {
    const answers = [true, false, true, false, false];
    const managed = manage(wellBehaved, {
      liveness: { isAlive: () => Promise.resolve(answers.shift() ?? true), everyMs: 1, misses: 2 },
    });
    await managed.start();
    await eventually(() => events.length === 3);
    expect(answers).toEqual([]);
    expect(events[1]).toMatchObject({ kind: 'ended', how: 'it did not answer any more', failures: 1 });
    expect(events[2]).toMatchObject({ kind: 'ready', restarts: 1 });
  });

  it('shows the end of its log once it ends again and again, and waits longer each time', async () => {
    const managed = manage(`process.send({}); console.log('the database is gone'); process.disconnect();`);
    await managed.start();
    await eventually(() => kinds().filter((kind) => kind === 'ended').length === 3);
    const ended = events.filter((event) => event.kind === 'ended');
    expect(ended.map(({ failures, restartInMs }) => [failures, restartInMs])).toEqual([
      [1, 5],
      [2, 10],
      [3, 20],
    ]);
    expect(ended[1]?.lastLines).toBeUndefined();
    expect(ended[2]?.lastLines).toContain('the database is gone');
  });

  it('fails to start when it ends three times before it was ever ready', async () => {
    const managed = manage(`console.log('PORT is missing'); process.exit(7);`);
    await expect(managed.start()).rejects.toThrow('sample does not start: it ended 3 times in a row (exit code 7).');
    expect(events.at(-1)).toMatchObject({ kind: 'ended', lastLines: expect.arrayContaining(['PORT is missing']) });
    expect(events.at(-1)).not.toHaveProperty('restartInMs');
  });

  it('counts as ended when it does not get ready in time', async () => {
    const managed = manage(`setInterval(() => {}, 1000);`, { readyTimeoutMs: 300 });
    await expect(managed.start()).rejects.toThrow('not ready after 0.3 s');
  });

  it('can be stopped while it gets ready, and while it waits for its next start', async () => {
    const slow = manage(`console.log('here'); setInterval(() => {}, 1000);`);
    const started = slow.start();
    await eventually(() => slow.pid !== undefined);
    await Promise.all([slow.stop(), expect(started).rejects.toThrow('was stopped before it was ready')]);

    const crashing = new ManagedProcess(
      {
        name: 'crashing',
        script: scripts.write('crashing', 'process.exit(1)'),
        environment: () => process.env,
        logFile: scripts.path('crashing.log'),
        ready: readyWhenReported(() => undefined),
        readyTimeoutMs: 20_000,
        stopTimeoutMs: 20_000,
      },
      { ...policy, firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 },
      (event) => events.push(event),
    );
    const never = crashing.start();
    await eventually(() => kinds().includes('ended'));
    await Promise.all([crashing.stop(), expect(never).rejects.toThrow('was stopped before it was ready')]);
  });
});
