import { rangeProblems, withDefaults } from '../resolve-options.js';
import { type SubscribeOptions, TransportError } from '../transport.js';
import { checkConcurrency } from './check-concurrency.js';
import { resolveSessionOptions } from './sessions/session-options.js';

/** The options of a subscription with every default filled in. */
export type ResolvedSubscribeOptions = SubscribeOptions & Required<Pick<SubscribeOptions, 'maxDeliveryCount'>>;

/**
 * Fills in the defaults and checks the ranges.
 * @throws TransportError `InvalidOptions` that says what is out of range
 */
export function resolveSubscribeOptions(queue: string, options: SubscribeOptions): ResolvedSubscribeOptions {
  checkConcurrency(queue, options.concurrency);
  if (options.sessions !== undefined) resolveSessionOptions(queue, options.sessions);
  const resolved = withDefaults(options, { maxDeliveryCount: 10 });
  const problems = rangeProblems(
    { maxDeliveryCount: resolved.maxDeliveryCount, lockDurationMs: resolved.lockDurationMs ?? 60_000 },
    { maxDeliveryCount: { min: 1, whole: true }, lockDurationMs: { min: 1_000, max: 300_000 } },
  );
  if (problems.length === 0) return resolved;
  throw new TransportError('InvalidOptions', `Invalid options for queue "${queue}": ${problems.join('; ')}.`, false);
}
