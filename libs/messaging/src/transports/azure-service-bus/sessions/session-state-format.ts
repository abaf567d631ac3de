import type { SessionState } from '../../sessions/held-session.js';
import type { SessionRecord } from '../../sessions/session-record.js';

/** What the SDK writes as JSON: the record as it is, the consumer's bytes as base64. */
interface StateDocument {
  readonly orderflow: 1;
  readonly record?: SessionRecord;
  readonly own?: string;
}

/** As it is handed to the SDK; null removes it. */
export function writeStateDocument({ record, own }: SessionState): StateDocument | null {
  if (record === undefined && own === undefined) return null;
  return { orderflow: 1, ...(record && { record }), ...(own && { own: Buffer.from(own).toString('base64') }) };
}

/** What the SDK read. A state that this library did not write is none: the queue belongs to its consumer. */
export function readStateDocument(state: unknown): SessionState {
  if (!isStateDocument(state)) return {};
  const { record, own } = state;
  return { ...(record && { record }), ...(own !== undefined && { own: Buffer.from(own, 'base64') }) };
}

function isStateDocument(state: unknown): state is StateDocument {
  return typeof state === 'object' && state !== null && 'orderflow' in state && state.orderflow === 1;
}
