import { connect } from 'node:net';
import { once } from 'node:events';
import { Module } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Gauge } from 'prom-client';
import { createLogger } from '../logging/create-logger.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from './metrics.js';

@Module({})
class EmptyModule {}

let running: RunningService | undefined;
let lines: string[] = [];
const metrics = () => createMetrics('books');

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(overrides: object = {}, measured = metrics()): Promise<RunningService & { metricsUrl: string }> {
  lines = [];
  const logger = createLogger({ name: 'books', destination: { write: (line) => void lines.push(line) } });
  const config = {
    PORT: 0,
    HOST: '127.0.0.1',
    LOG_LEVEL: 'info' as const,
    SHUTDOWN_TIMEOUT: 1_000,
    METRICS_PORT: 0,
    ...overrides,
  };
  running = await startService({ config, logger, metrics: measured }, { module: EmptyModule });
  return { ...running, metricsUrl: running.metricsUrl ?? '' };
}

describe('metrics on a port of their own', () => {
  it('are there, and not beside everything else', async () => {
    const { url, metricsUrl } = await start();
    expect(new URL(metricsUrl).port).not.toBe(new URL(url).port);
    const answer = await fetch(metricsUrl);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('process_cpu_seconds_total')]);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    expect(lines.join('')).toContain(metricsUrl);
  });

  it('are all that is there', async () => {
    const { metricsUrl } = await start();
    for (const path of ['/', '/health/live', '/metricsx']) {
      const answer = await fetch(new URL(path, metricsUrl));
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json; charset=utf-8',
      ]);
    }
    expect((await fetch(metricsUrl, { method: 'POST' })).status).toBe(404);
  });

  it('are kept from web pages as well', async () => {
    const { metricsUrl } = await start();
    const socket = connect(Number(new URL(metricsUrl).port), '127.0.0.1');
    socket.end('GET /metrics HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).not.toContain('process_cpu');
  });

  it('that cannot be read are a fault that is logged', async () => {
    const measured = metrics();
    new Gauge({
      name: 'broken',
      help: 'fails',
      registers: [measured.registry],
      collect: () => {
        throw new Error('the counter is jammed');
      },
    });
    const { metricsUrl } = await start({}, measured);
    const answer = await fetch(metricsUrl);
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('jammed')]);
    expect(lines.join('')).toContain('the counter is jammed');
  });

  it('end with the service, kept connections included', async () => {
    const { metricsUrl, stop } = await start();
    const socket = connect(Number(new URL(metricsUrl).port), '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await stop();
    await closed;
    await expect(fetch(metricsUrl)).rejects.toThrow();
  });

  it('on a port that is taken end the start, and say so', async () => {
    const { metricsUrl, stop } = await start();
    const METRICS_PORT = Number(new URL(metricsUrl).port);
    await expect(start({ METRICS_PORT })).rejects.toThrow(/is taken\. Set METRICS_PORT to another one/);
    await stop();
  });
});
