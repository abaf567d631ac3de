import type { Pool } from 'pg';
import {
  pageSize,
  type SetAside,
  type SetAsideListOptions,
  type SetAsideMessage,
  type SetAsidePage,
} from '../outbox/outbox.js';
import { storedColumns } from './outbox-rows.js';

/** Rows that one statement moves or deletes at most, so that no lock is held for long. */
const ROWS_AT_ONCE = 1_000;

interface StoredSetAside {
  readonly id: string;
  readonly bucket: number;
  readonly destination_kind: string;
  readonly destination: string;
  readonly message_id: string;
  readonly type: string;
  readonly ordering_key: string | null;
  readonly body_bytes: number;
  readonly reason: string;
  readonly died_at: Date;
}

/** The messages of a PostgreSQL outbox that no broker took. An id is the row's bucket and number: `3-1742`. */
export class PostgresSetAside implements SetAside {
  readonly #pool: Pool;
  readonly #wake: () => void;

  constructor(pool: Pool, wake: () => void) {
    this.#pool = pool;
    this.#wake = wake;
  }

  /** @throws RangeError for a page size that is none, or an `after` that no page has given */
  async list(options: SetAsideListOptions = {}): Promise<SetAsidePage> {
    const limit = pageSize(options);
    const after = options.after === undefined ? { bucket: -1, id: '0' } : parseId(options.after);
    if (after === undefined) throw new RangeError(`after must be the next of a page, not ${String(options.after)}`);
    const { rows } = await this.#pool.query<StoredSetAside>(
      `SELECT id, bucket, destination_kind, destination, message_id, type, ordering_key, octet_length(body) AS body_bytes,
              reason, died_at
       FROM outbox_dead WHERE (bucket, id) > ($1::smallint, $2::bigint) ORDER BY bucket, id LIMIT $3`,
      [after.bucket, after.id, limit + 1],
    );
    const messages = rows.slice(0, limit).map(toMessage);
    const last = messages.at(-1);
    return { messages, ...(rows.length > limit && last !== undefined && { next: last.id }) };
  }

  async resend(ids: readonly string[]): Promise<number> {
    const names = ['id', ...storedColumns].join(', ');
    // The ids that they had: they are older than what waits of their keys.
    const resent = await this.#each(
      ids,
      `${WANTED}, back AS (DELETE FROM outbox_dead USING wanted
         WHERE outbox_dead.bucket = wanted.bucket AND outbox_dead.id = wanted.id RETURNING outbox_dead.*)
       INSERT INTO outbox (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM back`,
    );
    if (resent > 0) this.#wake();
    return resent;
  }

  async drop(ids: readonly string[]): Promise<number> {
    return await this.#each(
      ids,
      `${WANTED} DELETE FROM outbox_dead USING wanted WHERE outbox_dead.bucket = wanted.bucket AND outbox_dead.id = wanted.id`,
    );
  }

  async #each(ids: readonly string[], statement: string): Promise<number> {
    const wanted = ids.map(parseId).filter((id) => id !== undefined);
    // Across pages the oldest come first, so that a relay that is quick sends no younger one before.
    wanted.sort((one, other) => (BigInt(one.id) < BigInt(other.id) ? -1 : 1));
    let changed = 0;
    for (let from = 0; from < wanted.length; from += ROWS_AT_ONCE) {
      const some = wanted.slice(from, from + ROWS_AT_ONCE);
      const { rowCount } = await this.#pool.query(statement, [
        some.map(({ bucket }) => bucket),
        some.map(({ id }) => id),
      ]);
      changed += rowCount ?? 0;
    }
    return changed;
  }
}

const WANTED = 'WITH wanted AS (SELECT * FROM unnest($1::smallint[], $2::bigint[]) AS wanted(bucket, id))';

function parseId(text: string): { readonly bucket: number; readonly id: string } | undefined {
  const [, bucket, id] = /^(\d{1,2})-(\d{1,18})$/.exec(text) ?? [];
  return bucket === undefined || id === undefined ? undefined : { bucket: Number(bucket), id };
}

function toMessage(stored: StoredSetAside): SetAsideMessage {
  return {
    id: `${stored.bucket}-${stored.id}`,
    to: stored.destination_kind === 'queue' ? { queue: stored.destination } : { topic: stored.destination },
    messageId: stored.message_id,
    type: stored.type,
    ...(stored.ordering_key !== null && { orderingKey: stored.ordering_key }),
    bodyBytes: stored.body_bytes,
    reason: stored.reason,
    setAsideAt: stored.died_at,
  };
}
