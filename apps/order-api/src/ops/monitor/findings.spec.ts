import { expect, it } from '@jest/globals';
import { findingsOf, type QueueObservation } from './findings.js';
import { usualThresholds } from './thresholds.js';

const well = { queue: 'orders', counts: { deadLetters: 0, growth: 0, oldestDeadLetterSeconds: 0, backlog: 100 } };
const working = { pausedSeconds: 0, outbox: { oldestAgeSeconds: 60, setAside: 0, heldKeys: 0 } };

/** What is above its threshold, and what is not known. */
function tell(seen: QueueObservation, thresholds = usualThresholds) {
  const findings = findingsOf(seen, thresholds);
  return {
    above: findings.flatMap(({ kind, value, threshold }) => (value !== undefined && value > threshold ? [kind] : [])),
    unknown: findings.flatMap(({ kind, value }) => (value === undefined ? [kind] : [])),
  };
}

it('finds nothing while every value is at its threshold at most', () => {
  expect(tell({ ...well, worker: working })).toEqual({ above: [], unknown: [] });
});

it.each([
  ['dead-letters', { ...well, counts: { ...well.counts, deadLetters: 1 } }],
  ['dead-letter-growth', { ...well, counts: { ...well.counts, growth: 101 } }],
  ['dead-letter-age', { ...well, counts: { ...well.counts, oldestDeadLetterSeconds: 86_401 } }],
  ['backlog', { ...well, counts: { ...well.counts, backlog: 101 } }],
  ['unwatched', { ...well, unwatchedSeconds: 61 }],
  ['outbox-age', { ...well, worker: { ...working, outbox: { ...working.outbox, oldestAgeSeconds: 61 } } }],
  ['outbox-set-aside', { ...well, worker: { ...working, outbox: { ...working.outbox, setAside: 1 } } }],
  ['outbox-held', { ...well, worker: { ...working, outbox: { ...working.outbox, heldKeys: 1 } } }],
  ['paused', { ...well, worker: { ...working, pausedSeconds: 301 } }],
])('finds %s, and nothing else', (kind, seen) => {
  expect(tell(seen)).toEqual({ above: [kind], unknown: [] });
});

it('finds that a worker is silent, and knows nothing else of it', () => {
  const seen = { ...well, worker: 'Its consumer does not answer.' };
  expect(tell(seen)).toEqual({
    above: ['worker-silent'],
    unknown: ['outbox-age', 'outbox-set-aside', 'outbox-held', 'paused'],
  });
  expect(findingsOf(seen, usualThresholds)).toContainEqual(
    expect.objectContaining({ kind: 'worker-silent', detail: 'Its consumer does not answer.' }),
  );
});

it('knows nothing of a queue that nobody looked into', () => {
  const { above, unknown } = tell({ queue: 'orders', unwatchedSeconds: 90 });
  expect(above).toEqual(['unwatched']);
  expect(unknown).toEqual(['dead-letters', 'dead-letter-growth', 'dead-letter-age', 'backlog']);
});

it('does not watch for what has no threshold', () => {
  const thresholds = { ...usualThresholds, deadLetters: null };
  const kinds = findingsOf(well, thresholds).map(({ kind }) => kind);
  expect(kinds).toEqual(['unwatched', 'dead-letter-growth', 'dead-letter-age', 'backlog']);
});
