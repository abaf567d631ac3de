import type { BrokerCore } from '../../broker-core.js';
import { BrokerError } from '../../entities/errors.js';
import { formatDuration, parseDuration } from '../../topology/index.js';

interface ClockPage {
  /** The broker's time, ISO 8601. */
  readonly now: string;
  /** How far it is ahead of the system's, as an ISO 8601 duration. */
  readonly ahead: string;
}

export function describeClock({ clock }: BrokerCore): ClockPage {
  return { now: new Date(clock.now()).toISOString(), ahead: formatDuration(clock.ahead) };
}

/**
 * Moves the broker's time as `{ "advance": "PT30M" }` says; what became due has happened when this returns.
 * @throws BrokerError argument-error
 */
export function moveClock(core: BrokerCore, body: unknown): ClockPage {
  const advance = (body as { readonly advance?: unknown } | null)?.advance;
  const ms = typeof advance === 'string' ? parseDuration(advance) : undefined;
  if (ms === undefined || ms < 0) {
    throw new BrokerError(
      'com.microsoft:argument-error',
      `The body must be { "advance": "PT30M" }, with an ISO 8601 duration that is not negative.`,
    );
  }
  core.clock.advance(ms);
  return describeClock(core);
}
