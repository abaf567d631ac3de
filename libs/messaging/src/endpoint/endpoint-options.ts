import { rangeProblems, withDefaults } from '../resolve-options.js';
import type { ProbeIntervals } from './probe-interval.js';
import type { BreakerOptions } from './type-breaker.js';

/** When an endpoint pauses, and how it resumes. */
export interface PauseOptions extends ProbeIntervals {
  /** Different messages in a row that fail because of a dependency before it counts as away; 1 to 1,000. Default 5. */
  readonly messages: number;
  /** The interval before the first probe in ms, doubled for each further one; 1 to `probeMaxMs`. Default 1,000. */
  readonly probeMs: number;
  /** The longest interval between two probes in ms; at most 600,000. Default 30,000. */
  readonly probeMaxMs: number;
  /** How long each step of the concurrency lasts after a pause in ms; 1 to 600,000. Default 5,000. */
  readonly resumeStepMs: number;
}

const defaultPause: PauseOptions = Object.freeze({
  messages: 5,
  probeMs: 1_000,
  probeMaxMs: 30_000,
  resumeStepMs: 5_000,
});

const defaultBreaker: BreakerOptions = Object.freeze({ failures: 5, openMs: 30_000 });

const LONGEST_PROBE_MS = 600_000;
const LONGEST_OPEN_MS = 3_600_000;

/**
 * Fills in the defaults, also for what is `undefined`, and checks the ranges.
 * @throws RangeError that lists every value out of range
 */
export function endpointOptions(
  pause: Partial<PauseOptions> = {},
  breaker: Partial<BreakerOptions> = {},
): { readonly pause: PauseOptions; readonly breaker: BreakerOptions } {
  const resolved = { pause: withDefaults(pause, defaultPause), breaker: withDefaults(breaker, defaultBreaker) };
  const { messages, probeMs, probeMaxMs, resumeStepMs } = resolved.pause;
  const { failures, openMs } = resolved.breaker;
  const problems = rangeProblems(
    { messages, probeMs, probeMaxMs, resumeStepMs, failures, openMs },
    {
      messages: { min: 1, max: 1_000, whole: true },
      probeMaxMs: { min: 1, max: LONGEST_PROBE_MS },
      probeMs: { min: 1, max: probeMaxMs },
      resumeStepMs: { min: 1, max: LONGEST_PROBE_MS },
      failures: { min: 1, max: 1_000, whole: true },
      openMs: { min: 1, max: LONGEST_OPEN_MS },
    },
  );
  if (problems.length > 0) throw new RangeError(`Invalid options of the endpoint: ${problems.join('; ')}.`);
  return Object.freeze(resolved);
}
