import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getJson, type OrderView, placeOrder } from './orders.js';
import { System } from './system.js';
import { until } from './until.js';

let system: System;

beforeAll(async () => {
  system = await System.start();
});

afterAll(async () => {
  await system.remove();
});

/** Processes that have this system's state folder in their command line or environment. */
function processesOf({ state }: System): string[] {
  const table = execFileSync('ps', ['eww', '-A', '-o', 'pid=,args='], { encoding: 'utf8' });
  return table.split('\n').filter((line) => line.includes(state) && !line.includes('ps -A'));
}

/** The state directory and all in it, by relative path. Temporary files come and go. */
function stateFiles({ state }: System): { name: string; mode: number }[] {
  return ['', ...readdirSync(state, { recursive: true, encoding: 'utf8' })].flatMap((name) => {
    const found = statSync(join(state, name), { throwIfNoEntry: false });
    return found === undefined ? [] : [{ name, mode: found.mode & 0o777 }];
  });
}

/** What others than its owner can read, list or change. They may pass through the state directory (0710). */
function openToOthers(system: System): { name: string; mode: number }[] {
  return stateFiles(system).filter(({ name, mode }) => (mode & (name === '' ? 0o067 : 0o077)) !== 0);
}

describe('npm start', () => {
  it('says where everything is, and gives a curl to paste', () => {
    expect(system.output).toContain(system.url('order-api'));
    expect(system.output).toContain('order-worker.log');
    expect(system.output).toContain(`curl -i ${system.url('order-api')}/orders`);
  });

  it('keeps its state over a restart, leaves no process behind, and exits with 0', async () => {
    const id = await placeOrder(system);
    expect(processesOf(system).length).toBeGreaterThanOrEqual(8);
    expect(await system.stop('SIGINT')).toBe(0);
    expect(processesOf(system)).toEqual([]);
    await system.up();
    await until(
      'the order is paid, whenever that happened',
      () => getJson<OrderView>(system.url('order-api', `/orders/${id}`)),
      ({ status }) => status === 'paid',
    );
  });

  it('keeps all it writes to its owner, whatever the umask and whatever an older version left', async () => {
    await system.stop();
    for (const { name, mode } of stateFiles(system)) chmodSync(join(system.state, name), mode | 0o055);
    expect(openToOthers(system).length).toBeGreaterThan(1_000);
    // So that a directory is made, too.
    rmSync(join(system.state, 'logs'), { recursive: true });
    const umask = process.umask(0);
    try {
      await system.up();
    } finally {
      process.umask(umask);
    }
    await placeOrder(system);
    system.run('produce', '--orders', '5', '--events', '5');
    expect(stateFiles(system).map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'runtime.json',
        'supervisor.lock',
        'run/order-api.pid',
        'logs/broker.log',
        'broker/reserve',
      ]),
    );
    expect(openToOthers(system)).toEqual([]);
    const password = new URL(system.databaseUrl('order-api')).password;
    expect(readFileSync(join(system.state, 'logs', 'postgres.log'), 'utf8')).not.toContain(password);
  });

  it('starts again at once after a kill -9 of the supervisor, whose processes end by themselves, on the same ports', async () => {
    const id = await placeOrder(system);
    const { ports } = system;
    await system.stop('SIGKILL');
    await system.up();
    expect(system.ports).toEqual(ports);
    expect(system.output).not.toMatch(/is killed|is taken/);
    await until(
      'the order is paid',
      () => getJson<OrderView>(system.url('order-api', `/orders/${id}`)),
      ({ status }) => status === 'paid',
    );
  });

  it('restarts an app that crashed, and says so', async () => {
    system.kill('billing-worker');
    await until(
      'it is said',
      async () => system.output,
      (output) => /billing-worker is ready again/.test(output),
    );
    expect(system.output).toContain('billing-worker ended (signal SIGKILL)');
  });

  it('stops an app that gets SIGTERM in order, with exit code 0', async () => {
    const pid = system.pids().get('analytics-worker');
    process.kill(pid as number, 'SIGTERM');
    await until(
      'it is said',
      async () => system.output,
      (output) => /analytics-worker ended \(exit code 0\)/.test(output),
    );
  });
});
