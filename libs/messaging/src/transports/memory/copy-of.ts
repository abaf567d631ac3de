import type { DeliveryState } from '../../delivery-state.js';
import type { Envelope } from '../../envelope.js';
import { idProperties, type NativeMessage, nativeMessageId, stateProperties } from '../../native-message.js';

/** The copy of a message with another state, and everything else as it is; without a time to live. */
export function copyOf(original: NativeMessage, envelope: Envelope, state: DeliveryState): NativeMessage {
  const { timeToLiveMs: _, ...kept } = original;
  const given = original.applicationProperties;
  const properties = Object.entries({ ...given, ...idProperties(envelope, given), ...stateProperties(state) });
  const applicationProperties = Object.fromEntries(
    properties.filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined),
  );
  return { ...kept, messageId: nativeMessageId({ ...state, id: envelope.id }), applicationProperties };
}
