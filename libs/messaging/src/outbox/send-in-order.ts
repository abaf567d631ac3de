import { type Outgoing, type Transport, TransportError } from '../transport.js';
import { orderingKeyOf } from './bucket.js';

/** A message waiting in an outbox. */
export interface Waiting {
  readonly outgoing: Outgoing;
}

/** What became of a batch. A row in neither list was not tried and waits behind one that failed. */
interface SendResult<Row extends Waiting> {
  readonly sent: readonly Row[];
  /** At most one an ordering key. */
  readonly failed: readonly { readonly row: Row; readonly error: unknown }[];
  /** The broker could not be reached at all: no message is to blame, and all of them wait. */
  readonly outage?: TransportError;
}

/**
 * Sends rows, oldest first, as one batch. When that fails the batch is halved by ordering key until the keys to blame
 * stand alone, so that a failure holds up nothing but its successors. A half that went out before is not sent again.
 */
export async function sendInOrder<Row extends Waiting>(
  rows: readonly Row[],
  send: Transport['send'],
): Promise<SendResult<Row>> {
  if (rows.length === 0) return { sent: [], failed: [] };
  try {
    await send(rows.map(({ outgoing }) => outgoing));
    return { sent: rows, failed: [] };
  } catch (error) {
    if (isOutage(error)) return { sent: [], failed: [], outage: error };
    const [only] = rows;
    if (only !== undefined && rows.length === 1) return { sent: [], failed: [{ row: only, error }] };
    return isolate(rows, send);
  }
}

async function isolate<Row extends Waiting>(rows: readonly Row[], send: Transport['send']): Promise<SendResult<Row>> {
  const keys = new Set(rows.map(keyOf));
  const first = new Set([...keys].slice(0, Math.ceil(keys.size / 2)));
  const sameKey = keys.size === 1;
  const middle = Math.ceil(rows.length / 2);
  const head = sameKey ? rows.slice(0, middle) : rows.filter((row) => first.has(keyOf(row)));
  const tail = sameKey ? rows.slice(middle) : rows.filter((row) => !first.has(keyOf(row)));

  const before = await sendInOrder(head, send);
  const stop = before.outage !== undefined || (sameKey && before.failed.length > 0);
  if (stop) return before;
  const after = await sendInOrder(tail, send);
  return {
    sent: [...before.sent, ...after.sent],
    failed: [...before.failed, ...after.failed],
    ...(after.outage && { outage: after.outage }),
  };
}

const keyOf = (row: Waiting): string => orderingKeyOf(row.outgoing.envelope);

/** No message is to blame: the broker is away, or we are closing. */
function isOutage(error: unknown): error is TransportError {
  return error instanceof TransportError && (error.code === 'Unreachable' || error.code === 'Closed');
}

/** Whether no repetition will help, because the message itself is what the broker refuses. */
export function isUnsendable(error: unknown): error is TransportError {
  return error instanceof TransportError && error.code === 'MessageTooLarge';
}
