import type { NativeMessage } from '../native-message.js';
import { type Outgoing, TransportError } from '../transport.js';

/**
 * The native message with the time to live that its sender gave it.
 * @throws TransportError `InvalidMessage` for one that is no number from 1
 */
export function withTimeToLive(
  native: NativeMessage,
  { timeToLiveMs, envelope }: Pick<Outgoing, 'timeToLiveMs' | 'envelope'>,
): NativeMessage {
  if (timeToLiveMs === undefined) return native;
  if (timeToLiveMs >= 1) return { ...native, timeToLiveMs };
  const message = `timeToLiveMs of message ${envelope.id} must be 1 or more, not ${timeToLiveMs}.`;
  throw new TransportError('InvalidMessage', message, false);
}
