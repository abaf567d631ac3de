import type { DeliveryState } from '../../delivery-state.js';
import type { Envelope } from '../../envelope.js';
import type { EditedMessage } from '../../dead-letter/dead-letters.js';
import { editedEnvelope, editedProperties } from '../../dead-letter/edited-message.js';
import { idProperties, type NativeMessage, nativeMessageId, stateProperties } from '../../native-message.js';

/** The copy of a message with another state, and everything else as it is; without a time to live. */
export function copyOf(original: NativeMessage, envelope: Envelope, state: DeliveryState): NativeMessage {
  const { timeToLiveMs: _, ...kept } = original;
  const given = original.applicationProperties;
  const applicationProperties = present({ ...given, ...idProperties(envelope, given), ...stateProperties(state) });
  return { ...kept, messageId: nativeMessageId({ ...state, id: envelope.id }), applicationProperties };
}

/** A message and its envelope as an edit makes them. */
export function editedMessage(original: NativeMessage, envelope: Envelope, edit: EditedMessage) {
  const applicationProperties = present({ ...original.applicationProperties, ...editedProperties(edit) });
  return {
    native: { ...original, body: edit.body, applicationProperties },
    envelope: editedEnvelope(envelope, edit),
  };
}

function present(properties: Readonly<Record<string, string | number | boolean | undefined>>) {
  return Object.fromEntries(
    Object.entries(properties).filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined),
  );
}
