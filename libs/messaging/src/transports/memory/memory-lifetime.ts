import { type NativeMessage, timeToLiveProperty } from '../../native-message.js';
import type { StoredMessage } from './stored-message.js';

/**
 * The copy that is delivered at `at` (milliseconds since 1970) with what its original then has left to live; `'expired'`
 * when that is nothing.
 */
export function livesOn(original: StoredMessage, copy: NativeMessage, at: number): NativeMessage | 'expired' {
  const { timeToLiveMs } = original.native;
  if (timeToLiveMs === undefined) return copy;
  const left = original.enqueuedAt + timeToLiveMs - at;
  if (left < 1) return 'expired';
  const applicationProperties = { ...copy.applicationProperties, [timeToLiveProperty]: firstOf(original.native) };
  return { ...copy, applicationProperties, timeToLiveMs: left };
}

/** The copy of a dead letter, whose time to live begins anew. */
export function bornAgain(original: NativeMessage, copy: NativeMessage): NativeMessage {
  const first = firstOf(original);
  const { [timeToLiveProperty]: _, ...applicationProperties } = copy.applicationProperties;
  return { ...copy, applicationProperties, ...(first > 0 && { timeToLiveMs: first }) };
}

/** The time to live that a message was sent with, in milliseconds; 0 for none. */
function firstOf({ applicationProperties, timeToLiveMs }: NativeMessage): number {
  return Number(applicationProperties[timeToLiveProperty] ?? timeToLiveMs ?? 0);
}
