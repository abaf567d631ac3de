import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allOrders, placeOrders } from './orders.js';
import { command, System } from './system.js';

let systems: System[];

beforeAll(async () => {
  // Both want the same ports, at the same moment.
  systems = await Promise.all([System.start(), System.start()]);
});

afterAll(async () => {
  await Promise.all(systems.map((system) => system.remove()));
});

describe('two starts on one machine', () => {
  it('share no port', () => {
    const ports = systems.flatMap((system) => Object.values(system.ports));
    expect(ports).toHaveLength(16);
    expect(new Set(ports).size).toBe(16);
  });

  it('are ready with their own services, not with those of the other', async () => {
    const placed = await Promise.all(systems.map((system) => placeOrders(system, 5)));
    const found = await Promise.all(systems.map(async (system) => (await allOrders(system)).map(({ id }) => id)));
    expect(found.map((ids) => [...ids].sort())).toEqual(placed.map((ids) => [...ids].sort()));
  });
});

describe('a second start of the same system', () => {
  it('says at once which process runs already and where, ends with 1, and disturbs nothing', async () => {
    const [system] = systems as [System];
    const before = system.pids();
    const second = spawnSync(process.execPath, [command, 'up', '--fresh'], {
      env: { ...process.env, NODE_OPTIONS: '', ORDERFLOW_STATE: system.state },
      encoding: 'utf8',
    });
    expect(second.status).toBe(1);
    expect(second.stdout).toBe('');
    expect(second.stderr).toContain(`OrderFlow is running already (process ${system.supervisorPid}`);
    expect(second.stderr).toMatch(new RegExp(`order-api +${system.url('order-api')}\n`));
    expect(second.stderr).toContain(`kill ${system.supervisorPid}\n`);
    expect(system.pids()).toEqual(before);
    expect(await allOrders(system)).toHaveLength(5);
  });
});
