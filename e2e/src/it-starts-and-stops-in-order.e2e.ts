import { execFileSync } from 'node:child_process';
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

  it('starts again after a kill -9 of the supervisor, whose processes end by themselves', async () => {
    const id = await placeOrder(system);
    await system.stop('SIGKILL');
    await until(
      'the apps have noticed',
      async () => processesOf(system),
      (left) => left.every((line) => /postgres/.test(line)),
    );
    await system.up();
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
