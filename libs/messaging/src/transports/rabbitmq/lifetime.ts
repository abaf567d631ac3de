import type { Message } from 'amqplib';
import { expiresAtProperty, timeToLiveProperty } from '../../native-message.js';

/** The longest time that the broker counts, in milliseconds; what lives longer is looked at when it is delivered. */
const longestExpirationMs = 2 ** 32 - 1;

/** What a message says of its end: to us, and to the broker. */
export interface Lifetime {
  readonly headers: Readonly<Record<string, number>>;
  /** Absent for what is delayed: the broker would count the delay, and end that with it. */
  readonly expiration?: string;
}

/** Of a message that may wait for `timeToLiveMs` once its delay is over; both in milliseconds, `now` since 1970. */
export function lifetime(timeToLiveMs: number, now: number, delayMs = 0): Lifetime {
  const expiresAt = Math.ceil(now + Math.max(0, delayMs) + timeToLiveMs);
  return limited(timeToLiveMs, expiresAt, timeToLiveMs, delayMs);
}

/**
 * Of a copy that is delivered after `delayMs`: it ends when its original would. `'expired'` when that is before its
 * delivery, undefined when its original lives on.
 */
export function remainingLifetime(message: Message, now: number, delayMs: number): Lifetime | 'expired' | undefined {
  const expiresAt = expiryOf(message);
  if (expiresAt === undefined) return undefined;
  const left = expiresAt - now - delayMs;
  return left < 1 ? 'expired' : limited(firstTimeToLive(message), expiresAt, left, delayMs);
}

/** Of a dead letter that starts anew; undefined when it had no end. */
export function newLifetime(message: Message, now: number): Lifetime | undefined {
  const first = firstTimeToLive(message);
  return first > 0 ? lifetime(first, now) : undefined;
}

/** Whether its end has come. */
export function isExpired(message: Message, now: number): boolean {
  const expiresAt = expiryOf(message);
  return expiresAt !== undefined && expiresAt <= now;
}

function limited(first: number, expiresAt: number, leftMs: number, delayMs: number): Lifetime {
  const headers = { [timeToLiveProperty]: first, [expiresAtProperty]: expiresAt };
  if (delayMs > 0 || leftMs > longestExpirationMs) return { headers };
  return { headers, expiration: String(Math.ceil(leftMs)) };
}

function expiryOf({ properties }: Message): number | undefined {
  const at: unknown = properties.headers?.[expiresAtProperty];
  return typeof at === 'number' ? at : undefined;
}

/** The time to live that its sender gave it, in milliseconds; 0 for none. The broker notes it of what it dead-letters. */
function firstTimeToLive({ properties: { headers = {}, expiration } }: Message): number {
  const noted: unknown = headers['x-death']?.[0]?.['original-expiration'];
  return Number(headers[timeToLiveProperty] ?? noted ?? expiration ?? 0);
}
