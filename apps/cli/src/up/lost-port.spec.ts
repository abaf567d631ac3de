import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { lastingPort } from '@orderflow/messaging/testing';
import { Scripts } from '../../test/scripts.js';
import { ManagedProcess } from '../supervisor/managed-process.js';
import type { ProcessEvent } from '../supervisor/process-spec.js';
import { isHealthy, readyWhenHealthy } from '../supervisor/readiness.js';
import { Ports } from './ports.js';

const host = '127.0.0.1';
/** Answers as our services do: healthy, and under its name; ends with 1 when it cannot listen. */
const service = `
import { createServer } from 'node:http';
createServer((request, response) => response.setHeader('orderflow-instance', process.env.ORDERFLOW_INSTANCE).end())
  .on('error', () => process.exit(1))
  .listen(Number(process.env.PORT), '${host}');
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
`;

let scripts: Scripts;
let ports: Ports;
let squatter: Server;
let managed: ManagedProcess | undefined;
const events: ProcessEvent[] = [];

beforeEach(() => {
  scripts = new Scripts();
});

afterEach(async () => {
  await managed?.stop();
  ports.release();
  squatter.closeAllConnections();
  await new Promise((closed) => squatter.close(closed));
  scripts.remove();
});

/** Somebody else's service, just as healthy as ours, on the port that was chosen for ours. */
async function squat(headers: Record<string, string>): Promise<void> {
  squatter = createServer((_request, response) => response.writeHead(200, headers).end());
  await once(squatter.listen(ports.of('api'), host), 'listening');
}

function manage(): ManagedProcess {
  const page = () => ({ url: `http://${host}:${ports.of('api')}/health`, instance: 'ours' });
  const spec = {
    name: 'api',
    script: scripts.write('api', service),
    environment: () => ({ ...process.env, PORT: String(ports.of('api')), ORDERFLOW_INSTANCE: 'ours' }),
    logFile: scripts.path('api.log'),
    beforeRetry: () => ports.replaceTaken(['api'], () => undefined),
    ready: readyWhenHealthy(page),
    readyTimeoutMs: 20_000,
    stopTimeoutMs: 20_000,
  };
  const policy = { firstDelayMs: 1, maxDelayMs: 1, stableAfterMs: 60_000, loopAfter: 3 };
  managed = new ManagedProcess(spec, policy, (event) => events.push(event));
  return managed;
}

describe('a service whose port somebody else took before it listened', () => {
  it.each<Record<string, string>>([{}, { 'orderflow-instance': 'another' }])(
    'is not taken for ready because that one answers (%j), and gets another port',
    async (headers) => {
      const port = await lastingPort();
      ports = await Ports.choose([{ name: 'api', port, variable: 'API_PORT' }], {}, host, () => undefined);
      await squat(headers);
      await manage().start();
      expect(ports.of('api')).not.toBe(port);
      const answer = await fetch(`http://${host}:${ports.of('api')}/health`);
      expect(answer.headers.get('orderflow-instance')).toBe('ours');
      const { signal } = new AbortController();
      expect(await isHealthy({ url: `http://${host}:${port}/health`, instance: 'ours' }, signal)).toBe(false);
    },
  );

  it('ends the start, with what to do, when that port was asked for', async () => {
    const port = await lastingPort();
    const wish = { name: 'api', port: 1, variable: 'API_PORT' };
    ports = await Ports.choose([wish], { API_PORT: String(port) }, host, () => undefined);
    await squat({});
    await expect(manage().start()).rejects.toThrow(`API_PORT=${port} was taken by somebody else meanwhile.`);
  });
});
