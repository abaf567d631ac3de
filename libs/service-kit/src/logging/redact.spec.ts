import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redact } from './redact.js';

describe('redact', () => {
  it.each([
    ['postgres://me:topsecret@db/orders', 'postgres://me:[redacted]@db/orders'],
    ['cannot reach "amqps://me:topsecret@broker:5671".', 'cannot reach "amqps://me:[redacted]@broker:5671".'],
    ['redis://:topsecret@host', 'redis://:[redacted]@host'],
    ['postgres://me:top@secret@db/a@b', 'postgres://me:[redacted]@db/a@b'],
    ['Invalid URL: postgres://me:top/sec?r#et@db/orders', 'Invalid URL: postgres://me:[redacted]@db/orders'],
    ["postgres://me:top'secret@db", 'postgres://me:[redacted]@db'],
    ['postgres://me:topsecret@[::1]:5432/db', 'postgres://me:[redacted]@[::1]:5432/db'],
    [
      'a://u:topsecret@h b://u:topsecret@h\nc://u:topsecret@h',
      'a://u:[redacted]@h b://u:[redacted]@h\nc://u:[redacted]@h',
    ],
    ['http://host:80/to?u=postgres://me:topsecret@db', 'http://host:80/to?u=postgres://me:[redacted]@db'],
    [
      'Endpoint=sb://x;SharedAccessKeyName=k;SharedAccessKey=topsecret=;EntityPath=q',
      'Endpoint=sb://x;SharedAccessKeyName=k;SharedAccessKey=[redacted];EntityPath=q',
    ],
    ['(example: sharedaccesskey = topsecret)', '(example: sharedaccesskey = [redacted])'],
    ['SharedAccessSignature=SharedAccessSignature sr=sb&sig=topsecret&se=1;x', 'SharedAccessSignature=[redacted];x'],
    [
      'SharedAccessSignature sr=sb%3A%2F%2Fx&sig=topsecret%3D&se=1',
      'SharedAccessSignature sr=sb%3A%2F%2Fx&sig=[redacted]&se=1',
    ],
    ['postgres://db/orders?user=me&password=topsecret&ssl=1', 'postgres://db/orders?user=me&password=[redacted]&ssl=1'],
    ["password='topsecret'", "password='[redacted]'"],
  ])('shows no secret of %j', (text, redacted) => expect(redact(text)).toBe(redacted));

  it.each([
    'http://localhost:3000/users/a@b',
    'http://[::1]:3000/users/a@b',
    'http://localhost:3000?mail=a@b',
    'http://host/a:b@c',
    'https://user@host/path',
    'at file:///app/main.mjs:12:5',
    'see http://localhost:3000 or mail a@b',
    'DATABASE_URL=… SharedAccessKeyName=root',
    '9f://',
    '',
  ])('keeps %j', (text) => expect(redact(text)).toBe(text));

  it.each([
    ['postgres://me:topsec', 'postgres://me:[redacted]'],
    ['postgres://me:top@sec', 'postgres://me:[redacted]'],
    ['SharedAccessKey=topsec', 'SharedAccessKey=[redacted]'],
    ['http://localhost:3000/path', 'http://localhost:3000/path'],
  ])('shows no secret of %j, of which the rest was cut off', (text, redacted) =>
    expect(redact(text, true)).toBe(redacted),
  );

  it('shows no password, whatever is around it', () => {
    const around = fc.string({ unit: fc.constantFrom('a', ' ', '"', '\n', '://', ':', '@', '=', '/', ';', '1') });
    const secret = fc.string({ unit: fc.constantFrom('T', 'S', ':', '@', '=', ';', '%40', "'"), minLength: 1 });
    fc.assert(
      fc.property(around, secret, around, (before, password, after) => {
        const text = redact(`${before} a://u:<<${password}>>@h ${after}`);
        expect(text).not.toMatch(/<<|>>|[TS]/);
      }),
      { numRuns: 2_000 },
    );
  });

  /** Microseconds of CPU that redacting the text that often took. */
  function cpuOf(text: string, times: number): number {
    const start = process.cpuUsage();
    for (let n = 0; n < times; n += 1) redact(text);
    const { user, system } = process.cpuUsage(start);
    return user + system;
  }

  it.each([
    ...[
      'w',
      'w://',
      'w://w',
      'w://w:',
      'w://w:w@',
      '://',
      ':',
      '@',
      '/',
      '=',
      ' ',
      '"',
      '\\',
      '\0',
      '\ud800',
      '1',
      'a1_',
    ],
    ...[
      'SharedAccess',
      'SharedAccessKey',
      'SharedAccessKey=',
      'SharedAccessKey ',
      'password',
      'password=',
      'sig = ',
      '&sig',
    ],
  ])('takes time in proportion to the length of a run of %j', (unit) => {
    const run = (length: number) => `w://w:${unit.repeat(length / unit.length)}=`;
    cpuOf(run(1_024), 256);
    const short = cpuOf(run(1_024), 64);
    const long = cpuOf(run(16_384), 4);
    // The same number of characters; time that grows with the square would make it sixteen times as long.
    expect(long).toBeLessThan(4 * short + 50_000);
  });
});
