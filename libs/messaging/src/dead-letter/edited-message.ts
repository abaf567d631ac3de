import type { Envelope } from '../envelope.js';
import { isReserved } from '../native-message.js';
import type { EditedMessage } from './dead-letters.js';

/** The application properties of an edited message that differ from its letter's: set, or taken away where undefined. */
export function editedProperties({ id, headers = {} }: EditedMessage): Readonly<Record<string, string | undefined>> {
  const own = Object.entries(headers).filter(([name]) => !isReserved(name));
  return { ...Object.fromEntries(own), 'cloudEvents:id': undefined, cloudEvents_id: id };
}

/** An envelope as its edit makes it. */
export function editedEnvelope(envelope: Envelope, { id, body, headers }: EditedMessage): Envelope {
  const entries = Object.entries({ ...envelope.headers, ...headers });
  const kept = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...envelope, id, body, headers: Object.fromEntries(kept) };
}
