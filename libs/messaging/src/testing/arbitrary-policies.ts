import fc from 'fast-check';
import { LONGEST_DELAY_MS, retryPolicy } from '../retry/retry-policy.js';

const delay = fc.integer({ min: 0, max: LONGEST_DELAY_MS });
/** Any retry policy that is in range. */
export const policies = fc
  .record({
    delayed: fc.oneof(
      fc.array(delay, { maxLength: 20 }),
      fc
        .tuple(delay, delay, fc.double({ min: 1, max: 10, noNaN: true }), fc.nat({ max: 99 }))
        .map(([a, b, factor, retries]) => ({ baseMs: Math.min(a, b), capMs: Math.max(a, b), factor, retries })),
    ),
    jitter: fc.oneof(fc.constantFrom('full' as const, 'none' as const), fc.double({ min: 0, max: 1, noNaN: true })),
  })
  .map((overrides) => retryPolicy(overrides));
