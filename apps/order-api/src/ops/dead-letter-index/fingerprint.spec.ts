import { expect, it } from '@jest/globals';
import { fingerprintOf, patternOf } from './fingerprint.js';

it.each([
  ['lines/0/quantity must be at least 1, not -3', 'lines/<n>/quantity must be at least <n>, not -<n>'],
  ['No order 0b2c4d5e-1111-4222-8333-444455556666 here', 'No order <id> here'],
  ['at 2026-11-27T03:00:00.123Z and 2026-11-27T03:00:00+01:00', 'at <time> and <time>'],
  [`"Ada's" is not 'known' (7.5.1)`, '<text> is not <text> (<n>)'],
  ['trace 4bf92f3577b34da6a3ce929d0e0e4736 refused', 'trace <hex> refused'],
  ['decade facade', 'decade facade'],
  ['', ''],
])('takes out of %p what differs from letter to letter', (detail, pattern) => {
  expect(patternOf(detail)).toBe(pattern);
});

it('takes no longer for a long and nasty text than in proportion', () => {
  const took = (text: string) => {
    const start = process.cpuUsage();
    patternOf(text);
    return process.cpuUsage(start).user / 1_000;
  };
  for (const nasty of ['"', "'", '0', 'a0', '1.', '2026-01-01T', '0a0a0a0a-']) {
    expect(took(nasty.repeat(1_000_000))).toBeLessThan(500);
    expect(patternOf(nasty.repeat(100_000)).length).toBeLessThanOrEqual(400);
  }
});

it('tells groups apart by queue, type, reason and pattern', () => {
  const likeness = { queue: 'orders', type: 'order.place', reason: 'Refused', pattern: 'No.' };
  const ids = [
    likeness,
    { ...likeness, queue: 'billing' },
    { ...likeness, type: 'order.cancel' },
    { ...likeness, reason: 'Expired' },
    { ...likeness, pattern: 'Yes.' },
  ].map(fingerprintOf);
  expect(new Set(ids).size).toBe(5);
  expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
  expect(fingerprintOf({ ...likeness })).toBe(ids[0]);
});
