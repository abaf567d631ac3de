import { describe, expect, it } from '@jest/globals';
import { createLogger } from './create-logger.js';
import { logDeliveries } from './log-deliveries.js';

function capture() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ name: 'spec', level: 'debug', destination }) };
}
/** What other people may fill a field with. */
const hostile = [
  'w',
  'w://',
  'w://w:',
  ':',
  '@',
  '=',
  ' ',
  '"',
  '\\',
  '\0',
  '\ud800',
  '😀',
  'sig=',
  'SharedAccessKey=',
  '1',
];

const parse = (line: string | undefined) => JSON.parse(line ?? '') as Record<string, unknown>;

describe('a log line', () => {
  it('is one JSON object with level, time and service', () => {
    const { lines, logger } = capture();
    logger.child({ module: 'relay' }).warn({ rows: 3 }, 'waiting');
    expect(parse(lines[0])).toMatchObject({ level: 'warn', name: 'spec', module: 'relay', rows: 3, msg: 'waiting' });
    expect(lines[0]?.endsWith('}\n')).toBe(true);
  });

  it('shows no secret, neither in a field nor inside an error', () => {
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

  it('shows no secret of an error: not in its message, its stack, its causes, nor the errors it is made of', () => {
    const { lines, logger } = capture();
    const cause = new Error('no answer from amqps://me:topsecret@broker', {
      cause: new Error('Endpoint=sb://x;SharedAccessKeyName=k;SharedAccessKey=topsecret'),
    });
    const nested = new AggregateError(
      [new Error('SharedAccessSignature=topsecret'), new AggregateError([cause])],
      'both',
    );
    const details = {
      url: new URL('http://me:topsecret@host/'),
      inner: { error: cause, list: ['redis://:topsecret@host'] },
    };
    const error = Object.assign(new Error('failed', { cause }), { details });
    logger.error({ err: error }, 'it failed');
    logger.error(error);
    logger.error({ err: nested });
    logger.error({ failure: nested });
    logger.error({ err: 'postgres://me:topsecret@db' });
    logger.error({ reason: cause.message, detail: [`at last with: ${cause.message}`] }, cause.message);
    logger.error('%s', cause.message);
    logger.child({ module: cause.message, password: 'topsecret' }).error('broke');
    expect(lines.map(parse)).toHaveLength(8);
    expect(lines.join('')).not.toContain('topsecret');
    expect(parse(lines[0])).toMatchObject({
      msg: 'it failed',
      err: {
        type: 'Error',
        message: expect.stringMatching(/^failed: no answer from amqps:\/\/me:\[redacted\]@broker/),
      },
    });
    expect(parse(lines[3])).toMatchObject({ failure: { type: 'AggregateError', aggregateErrors: [{}, {}] } });
  });

  it.each(['password', 'authorization', 'SERVICEBUS_CONNECTION_STRING'])('shows no %s, however deep it is', (field) => {
    const { lines, logger } = capture();
    logger.info({ [field]: 'topsecret', a: { [field]: 'topsecret', b: [{ [field]: ['topsecret'] }] } });
    expect(lines[0]).not.toContain('topsecret');
  });

  it('stays valid JSON when a URL and an @ are in different fields', () => {
    const { lines, logger } = capture();
    logger.info({ url: 'http://localhost:3000', mail: 'a@b' });
    expect(parse(lines[0])).toMatchObject({ url: 'http://localhost:3000', mail: 'a@b' });
  });

  it('keeps what is no text as it is', () => {
    const { lines, logger } = capture();
    const at = new Date('2026-01-31T12:00:00Z');
    logger.info({ at, rows: 3, none: null, yes: true, big: 2n ** 60n, bytes: Buffer.alloc(9), absent: undefined });
    expect(parse(lines[0])).toMatchObject({
      at: at.toJSON(),
      rows: 3,
      none: null,
      yes: true,
      big: String(2n ** 60n),
      bytes: '[9 bytes]',
    });
  });

  it('ends, whatever it is given to log', () => {
    const { lines, logger } = capture();
    const circle: Record<string, unknown> = { name: 'circle' };
    circle['itself'] = [circle];
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`field-${n}`, n]));
    const texts = Array.from({ length: 100 }, () => 'x'.repeat(1_000));
    const many = new AggregateError(Array.from({ length: 300 }, () => new Error('x'.repeat(1_000))));
    logger.info({ circle, wide, list: Array.from({ length: 1_000 }, () => 0), texts, many });
    logger.info({ ['n'.repeat(1_000_000)]: 1 });
    expect(parse(lines[0])).toMatchObject({
      wide: { '…': '[900 more fields]' },
      list: expect.arrayContaining(['[900 more]']),
    });
    for (const line of lines) expect(line.length).toBeLessThan(64_000);
    expect(JSON.stringify(parse(lines[1]))).toContain(' … [999900 more characters]');
  });
});

describe('logDeliveries', () => {
  const delivery = {
    queue: 'orders',
    attempt: 2,
    unsettled: 0,
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

  it.each(hostile)('takes a megabyte of %j in every field, and says what is missing', (characters) => {
    const { lines, logger } = capture();
    const text = characters.repeat(Math.ceil(1_000_000 / characters.length));
    const envelope = { ...delivery.envelope, id: text, type: text, orderingKey: text, correlationId: text };
    const report = { delivery: { ...delivery, queue: text, envelope }, durationMs: 1 };
    logDeliveries(logger).finished({ ...report, settlement: { kind: 'retry', delayMs: 1, reason: text } });
    logDeliveries(logger).finished({ ...report, settlement: { kind: 'dead-letter', reason: text, detail: text } });
    const error = Object.assign(new Error(text, { cause: new Error(text) }), { code: text, errors: [new Error(text)] });
    logger.error({ err: error, path: text }, text);
    expect(lines).toHaveLength(3);
    // A NUL takes six characters in JSON.
    expect(lines.map((line) => line.length < 330_000)).toEqual([true, true, true]);
    expect(lines[0]?.length).toBeLessThan(60_000);
    const mark = expect.stringMatching(/ … \[\d+ more characters\]$/);
    expect(parse(lines[0])).toMatchObject({
      messageId: mark,
      type: mark,
      correlationId: mark,
      orderId: mark,
      reason: mark,
    });
    expect(parse(lines[1])).toMatchObject({ reason: mark, detail: mark });
    expect(parse(lines[2])).toMatchObject({ msg: mark, path: mark, err: { message: mark, stack: mark, code: mark } });
  });
});
