import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { lastingPort } from '@orderflow/messaging/testing';
import type { PortWish } from '../services.js';
import { claimFreePort } from '../ports/free-port.js';
import { Ports } from './ports.js';

const host = '127.0.0.1';
const servers: Server[] = [];
const chosen: Ports[] = [];
let notes: string[] = [];

afterEach(async () => {
  notes = [];
  for (const ports of chosen.splice(0)) ports.release();
  for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
});

/** Listens on a port as long as the test runs, on any by default. */
async function take(port = 0): Promise<number> {
  const server = createServer();
  servers.push(server);
  await once(server.listen(port, host), 'listening');
  return (server.address() as AddressInfo).port;
}

async function choose(wishes: readonly PortWish[], environment: Record<string, string> = {}): Promise<Ports> {
  const ports = await Ports.choose(wishes, environment, host, (line) => notes.push(line));
  chosen.push(ports);
  return ports;
}

const api = (port: number) => ({ name: 'api', port, variable: 'API_PORT' });
const worker = (port: number) => ({ name: 'worker', port, variable: 'WORKER_PORT' });

describe('the ports of a start', () => {
  it('are others than usual where those are taken, none that another of its processes wants, and that is said', async () => {
    const taken = await take();
    const ports = await choose([api(taken), worker(taken + 1)]);
    expect(ports.of('api')).toBeGreaterThan(taken + 1);
    expect(notes[0]).toBe(`Port ${taken} is taken: api uses ${ports.of('api')} (API_PORT sets another).`);
    expect(new Set(Object.values(ports.all)).size).toBe(2);
  });

  it('are not those of another start at the same time, although nobody listens yet', async () => {
    const usual = await lastingPort();
    const wishes = [api(usual), worker(usual + 1)];
    const starts = await Promise.all(Array.from({ length: 4 }, () => choose(wishes)));
    const all = starts.flatMap((ports) => Object.values(ports.all));
    expect(new Set(all).size).toBe(8);
    expect(all).toContain(usual);
  });

  it('are free for the next start once they are released', async () => {
    const usual = await lastingPort();
    (await choose([api(usual)])).release();
    expect((await choose([api(usual)])).of('api')).toBe(usual);
  });

  it('are the ones that were asked for, out of whose way the others go', async () => {
    const wanted = await lastingPort();
    const ports = await choose([api(wanted), worker(1)], { WORKER_PORT: String(wanted) });
    expect(ports.of('worker')).toBe(wanted);
    expect(ports.of('api')).not.toBe(wanted);
  });

  it('are refused where they were asked for and cannot be had, all in one message', async () => {
    const taken = await take();
    await expect(choose([api(1), worker(2)], { API_PORT: String(taken), WORKER_PORT: 'high' })).rejects.toThrow(
      `Cannot use the ports asked for: API_PORT=${taken} is taken; WORKER_PORT=high is no port (1 to 65535).`,
    );
  });

  it('are refused when one is asked for twice', async () => {
    const free = await lastingPort();
    await expect(choose([api(1), worker(2)], { API_PORT: String(free), WORKER_PORT: String(free) })).rejects.toThrow(
      `WORKER_PORT=${free} is given twice`,
    );
  });
});

describe('a port that somebody took meanwhile', () => {
  it('is replaced by the next free one, which is said', async () => {
    const ports = await choose([api(await lastingPort())]);
    const lost = await take(ports.of('api'));
    await ports.replaceTaken(['api'], (line) => notes.push(line));
    expect(ports.of('api')).toBeGreaterThan(lost);
    expect(notes.at(-1)).toBe(
      `Port ${lost} was taken by somebody else meanwhile: api uses ${ports.of('api')} (API_PORT sets another).`,
    );
  });

  it('ends the start when it was asked for', async () => {
    const wanted = await lastingPort();
    const ports = await choose([api(1)], { API_PORT: String(wanted) });
    await take(wanted);
    await expect(ports.replaceTaken(['api'], () => undefined)).rejects.toThrow(
      `API_PORT=${wanted} was taken by somebody else meanwhile.`,
    );
  });

  it('is kept when nobody listens there: it was not the reason', async () => {
    const ports = await choose([api(await lastingPort())]);
    const before = ports.all;
    await ports.replaceTaken(['api'], (line) => notes.push(line));
    expect(ports.all).toEqual(before);
    expect(notes).toEqual([]);
  });
});

it('any free port is claimed until it is released', async () => {
  const { port, claim } = await claimFreePort(host);
  expect((await choose([api(port)])).of('api')).not.toBe(port);
  claim.release();
});
