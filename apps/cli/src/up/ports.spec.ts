import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { lastingPort } from '@orderflow/messaging/testing';
import { choosePorts } from './ports.js';

const host = '127.0.0.1';
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
});

/** A port that is taken as long as the test runs. */
async function takenPort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await once(server.listen(0, host), 'listening');
  return (server.address() as AddressInfo).port;
}

const api = (port: number) => ({ name: 'api', port, variable: 'API_PORT' });
const worker = (port: number) => ({ name: 'worker', port, variable: 'WORKER_PORT' });

describe('choosePorts', () => {
  it('replaces a usual port that is taken by the next free one that nobody else wants, and says so', async () => {
    const taken = await takenPort();
    const { ports, notes } = await choosePorts([api(taken), worker(taken + 1)], {}, host);
    expect(ports.get('api')).toBeGreaterThan(taken + 1);
    expect(notes[0]).toBe(`Port ${taken} is taken: api uses ${ports.get('api')} (API_PORT sets another).`);
    expect(new Set(ports.values()).size).toBe(2);
  });

  it('keeps a port that was asked for, and moves the others out of its way', async () => {
    const wanted = await lastingPort();
    const { ports } = await choosePorts([api(wanted), worker(1)], { WORKER_PORT: String(wanted) }, host);
    expect(ports.get('worker')).toBe(wanted);
    expect(ports.get('api')).not.toBe(wanted);
  });

  it('refuses ports that were asked for and cannot be had, all in one message', async () => {
    const taken = await takenPort();
    const chosen = choosePorts([api(1), worker(2)], { API_PORT: String(taken), WORKER_PORT: 'high' }, host);
    await expect(chosen).rejects.toThrow(
      `Cannot use the ports asked for: API_PORT=${taken} is taken; WORKER_PORT=high is no port (1 to 65535).`,
    );
  });

  it('refuses the same port for two', async () => {
    const free = await lastingPort();
    const environment = { API_PORT: String(free), WORKER_PORT: String(free) };
    await expect(choosePorts([api(1), worker(2)], environment, host)).rejects.toThrow(
      `WORKER_PORT=${free} is given twice`,
    );
  });
});
