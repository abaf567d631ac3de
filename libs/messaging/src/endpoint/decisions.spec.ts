import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { endpointOptions } from './endpoint-options.js';
import { longestRetryAfterMs, probeInterval } from './probe-interval.js';
import { rampLimit } from './ramp.js';
import { SuspectedOutage } from './suspected-outage.js';
import { TypeBreaker } from './type-breaker.js';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('a suspected outage', () => {
  it('is one exactly when the rule says so, whatever happens before', () => {
    const step = fc.oneof(
      fc.record({ failed: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), inHand: fc.integer({ min: 1, max: 9 }) }),
      fc.constant('success' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (steps, messages) => {
        const outage = new SuspectedOutage(messages);
        let since: string[] = [];
        for (const next of steps) {
          if (next === 'success') {
            since = [];
            outage.succeeded();
            continue;
          }
          since.push(next.failed);
          const isTwice = since.filter((id) => id === next.failed).length >= 2;
          const expected = new Set(since).size >= messages || (next.inHand < messages && isTwice);
          expect(outage.failed(next.failed, next.inHand)).toBe(expected);
        }
      }),
    );
  });
});

describe('the breaker of a type', () => {
  it('behaves as its model: open after so many in a row, half open after its time, closed by the next success', () => {
    const step = fc.record({ afterMs: fc.integer({ min: 0, max: 60 }), succeeds: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, failures) => {
        const breaker = new TypeBreaker({ failures, openMs: 50 });
        const model = { row: 0, openedAt: undefined as number | undefined };
        let now = 0;
        for (const { afterMs, succeeds } of steps) {
          now += afterMs;
          const { openedAt } = model;
          const state = openedAt === undefined ? 'closed' : now - openedAt < 50 ? 'open' : 'half-open';
          expect(breaker.state(now)).toBe(state);
          expect(breaker.openFor(now)).toBe(state === 'open' ? 50 - (now - (openedAt ?? now)) : 0);
          if (succeeds) {
            if (state !== 'open') Object.assign(model, { row: 0, openedAt: undefined });
            breaker.succeeded(now);
          } else {
            model.row += 1;
            if (state === 'half-open' || (state === 'closed' && model.row >= failures)) model.openedAt = now;
            breaker.failed(now);
          }
        }
      }),
    );
  });
});

it('ramps from 1 to the concurrency by doubling, and never beyond', () => {
  expect([0, 1, 2, 3, 4, 5, 2_000].map((steps) => rampLimit(steps, 32))).toEqual([1, 2, 4, 8, 16, 32, 32]);
  fc.assert(
    fc.property(fc.nat(2_000), fc.integer({ min: 1, max: 1_000 }), (steps, concurrency) => {
      const limit = rampLimit(steps, concurrency);
      expect(Number.isInteger(limit) && limit >= 1 && limit <= concurrency).toBe(true);
      expect(rampLimit(steps + 1, concurrency)).toBe(Math.min(concurrency, limit * 2));
    }),
  );
});

it('waits between half and all of a growing interval, never beyond the cap, and as long as it was asked to', () => {
  const intervals = { probeMs: 1_000, probeMaxMs: 30_000 };
  expect([0, 1, 2, 3, 4, 5, 2_000].map((tries) => probeInterval(intervals, tries, () => 0))).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
  fc.assert(
    fc.property(fc.nat(5_000), random, fc.option(fc.nat(10_000_000), { nil: undefined }), (tries, value, asked) => {
      const full = Math.min(30_000, 1_000 * 2 ** tries);
      const ms = probeInterval(intervals, tries, () => value, asked);
      expect(ms).toBeGreaterThanOrEqual(Math.max(full / 2, Math.min(asked ?? 0, longestRetryAfterMs)));
      expect(ms).toBeLessThanOrEqual(Math.max(full, Math.min(asked ?? 0, longestRetryAfterMs)));
    }),
  );
});

describe('the thresholds of an endpoint', () => {
  it('have defaults, also for what is undefined', () => {
    const { pause, breaker } = endpointOptions({ messages: undefined } as never, {});
    expect(pause).toEqual({ messages: 5, probeMs: 1_000, probeMaxMs: 30_000, resumeStepMs: 5_000 });
    expect(breaker).toEqual({ failures: 5, openMs: 30_000 });
  });

  it('are refused out of range, all at once', () => {
    expect(() => endpointOptions({ messages: 0, probeMs: 2, probeMaxMs: 1 }, { failures: 1.5, openMs: 0 })).toThrow(
      'Invalid options of the endpoint: messages must be a whole number from 1 to 1000, not 0; ' +
        'probeMs must be from 1 to 1, not 2; failures must be a whole number from 1 to 1000, not 1.5; ' +
        'openMs must be from 1 to 3600000, not 0.',
    );
  });
});
