import { type Outgoing, type Transport, TransportError } from '../transport.js';
import { blameOf } from './blame.js';
import { orderingKeyOf } from './bucket.js';

/** A message waiting in an outbox. */
export interface Waiting {
  readonly outgoing: Outgoing;
}

/** What became of a batch. A row in neither list was not tried and waits behind one that failed. */
export interface SendResult<Row extends Waiting> {
  readonly sent: readonly Row[];
  /** At most one an ordering key. */
  readonly failed: readonly { readonly row: Row; readonly error: unknown }[];
  /** The destination is in trouble: no message is to blame, and all of them wait. */
  readonly outage?: TransportError;
}

/**
 * After so many sends in a row that failed for no reason known to be a message's own, the destination is to blame: 500
 * rows are halved nine times until one stands alone, and then others have to get through.
 */
const MOST_FAILURES_IN_A_ROW = 12;

/**
 * Sends rows of one destination, oldest first, as one batch. When that fails for a message's sake the batch is halved by
 * ordering key until the keys to blame stand alone, so that a failure holds up nothing but its successors. A half that
 * went out before is not sent again. When the destination is in trouble, nothing more is tried.
 */
export function sendInOrder<Row extends Waiting>(
  rows: readonly Row[],
  send: Transport['send'],
): Promise<SendResult<Row>> {
  return new Halving<Row>(send).send(rows);
}

class Halving<Row extends Waiting> {
  readonly #send: Transport['send'];
  #failuresInARow = 0;

  constructor(send: Transport['send']) {
    this.#send = send;
  }

  async send(rows: readonly Row[]): Promise<SendResult<Row>> {
    if (rows.length === 0) return { sent: [], failed: [] };
    try {
      await this.#send(rows.map(({ outgoing }) => outgoing));
      this.#failuresInARow = 0;
      return { sent: rows, failed: [] };
    } catch (error) {
      const outage = this.#outageOf(error);
      if (outage) return { sent: [], failed: [], outage };
      const [only] = rows;
      if (only !== undefined && rows.length === 1) return { sent: [], failed: [{ row: only, error }] };
      return this.#isolate(rows);
    }
  }

  #outageOf(error: unknown): TransportError | undefined {
    const blame = blameOf(error);
    if (blame === 'destination') return error as TransportError;
    if (blame === 'message') return undefined;
    this.#failuresInARow += 1;
    if (this.#failuresInARow < MOST_FAILURES_IN_A_ROW) return undefined;
    return error instanceof TransportError
      ? error
      : new TransportError('BrokerError', `Nothing could be sent: ${String(error)}`, true, { cause: error });
  }

  async #isolate(rows: readonly Row[]): Promise<SendResult<Row>> {
    const keys = new Set(rows.map(keyOf));
    const first = new Set([...keys].slice(0, Math.ceil(keys.size / 2)));
    const sameKey = keys.size === 1;
    const middle = Math.ceil(rows.length / 2);
    const head = sameKey ? rows.slice(0, middle) : rows.filter((row) => first.has(keyOf(row)));
    const tail = sameKey ? rows.slice(middle) : rows.filter((row) => !first.has(keyOf(row)));

    const before = await this.send(head);
    const stop = before.outage !== undefined || (sameKey && before.failed.length > 0);
    if (stop) return before;
    const after = await this.send(tail);
    return {
      sent: [...before.sent, ...after.sent],
      failed: [...before.failed, ...after.failed],
      ...(after.outage && { outage: after.outage }),
    };
  }
}

const keyOf = (row: Waiting): string => orderingKeyOf(row.outgoing.envelope);
