import { describe, expect, it } from '@jest/globals';
import { createLogger, redact } from './create-logger.js';
import { logDeliveries } from './log-deliveries.js';

function capture() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ name: 'spec', level: 'debug', destination }) };
}
const parse = (line: string | undefined) => JSON.parse(line ?? '') as Record<string, unknown>;

describe('a log line', () => {
  it('is one JSON object with level, time and service', () => {
    const { lines, logger } = capture();
    logger.child({ module: 'relay' }).warn({ rows: 3 }, 'waiting');
    expect(parse(lines[0])).toMatchObject({ level: 'warn', name: 'spec', module: 'relay', rows: 3, msg: 'waiting' });
    expect(lines[0]?.endsWith('}\n')).toBe(true);
  });

  it('tells no secret, neither in a field nor inside an error', () => {
    const { lines, logger } = capture();
    logger.error({ err: new Error('cannot reach postgres://me:topsecret@db/orders'), password: 'topsecret' });
    logger.info('Endpoint=sb://x;SharedAccessKeyName=k;SharedAccessKey=topsecret;EntityPath=q');
    logger.info({ config: { DATABASE_URL: 'topsecret' } });
    expect(lines.join('')).not.toContain('topsecret');
    expect(lines.map(parse)).toHaveLength(3);
  });

  it('keeps what follows a secret', () => {
    const { lines, logger } = capture();
    logger.fatal('Not usable:\n  BROKER (example: SharedAccessKey=topsecret)\n  DATABASE_URL is not set');
    expect(parse(lines[0])['msg']).toBe(
      'Not usable:\n  BROKER (example: SharedAccessKey=[redacted])\n  DATABASE_URL is not set',
    );
  });

  it('stays valid JSON when a URL and an @ are in different fields', () => {
    const line = JSON.stringify({ url: 'http://localhost:3000', mail: 'a@b' });
    expect(redact(line)).toBe(line);
  });
});

describe('logDeliveries', () => {
  const delivery = {
    queue: 'orders',
    attempt: 2,
    signal: new AbortController().signal,
    envelope: {
      id: 'message-1',
      type: 'order.place',
      version: 1,
      source: '/spec',
      time: '2026-01-31T12:00:00Z',
      orderingKey: 'order-1',
      correlationId: 'request-1',
      contentType: 'application/json',
      headers: {},
      body: Buffer.from('private'),
    },
  };

  it.each([
    [{ kind: 'complete' } as const, 'info'],
    [{ kind: 'release' } as const, 'info'],
    [{ kind: 'retry', delayMs: 1_000, reason: 'busy' } as const, 'warn'],
    [{ kind: 'dead-letter', reason: 'UnknownType', detail: 'no such type' } as const, 'error'],
  ])('says what became of it: %p', (settlement, level) => {
    const { lines, logger } = capture();
    logDeliveries(logger).finished({ delivery, settlement, durationMs: 1.234 });
    const { kind, ...why } = settlement;
    expect(lines.map(parse)).toEqual([
      expect.objectContaining({
        level,
        messageId: 'message-1',
        correlationId: 'request-1',
        orderId: 'order-1',
        attempt: 2,
        outcome: kind,
        durationMs: 1.2,
        ...why,
      }),
    ]);
    expect(lines[0]).not.toContain('private');
  });
});
