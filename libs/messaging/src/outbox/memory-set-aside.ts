import type { Clock } from '../clock.js';
import { explain } from '../errors.js';
import type { MemoryRow } from './memory-row.js';
import {
  pageSize,
  type SetAside,
  type SetAsideListOptions,
  type SetAsideMessage,
  type SetAsidePage,
} from './outbox.js';

interface Kept {
  readonly row: MemoryRow;
  readonly reason: string;
  readonly at: number;
}

/** The messages of a memory outbox that no broker took. */
export class MemorySetAside implements SetAside {
  readonly #clock: Clock;
  readonly #putBack: (rows: readonly MemoryRow[]) => void;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock, putBack: (rows: readonly MemoryRow[]) => void) {
    this.#clock = clock;
    this.#putBack = putBack;
  }

  get count(): number {
    return this.#kept.size;
  }

  /** Keeps a message that was refused with `error`. */
  add(row: MemoryRow, error: unknown): void {
    this.#kept.set(String(row.id), { row, reason: explain(error), at: this.#clock.now() });
  }

  /** @throws RangeError for a page size that is none */
  async list(options: SetAsideListOptions = {}): Promise<SetAsidePage> {
    const limit = pageSize(options);
    const after = Number(options.after ?? 0);
    const rest = [...this.#kept.values()]
      .filter(({ row }) => row.id > after)
      .sort((one, other) => one.row.id - other.row.id);
    const messages = rest.slice(0, limit).map(toMessage);
    const last = messages.at(-1);
    return { messages, ...(rest.length > limit && last !== undefined && { next: last.id }) };
  }

  async resend(ids: readonly string[]): Promise<number> {
    const rows = this.#take(ids);
    if (rows.length > 0) this.#putBack(rows);
    return rows.length;
  }

  async drop(ids: readonly string[]): Promise<number> {
    return this.#take(ids).length;
  }

  #take(ids: readonly string[]): readonly MemoryRow[] {
    return [...new Set(ids)].flatMap((id) => {
      const kept = this.#kept.get(id);
      this.#kept.delete(id);
      return kept === undefined ? [] : [kept.row];
    });
  }
}

function toMessage({ row: { id, outgoing }, reason, at }: Kept): SetAsideMessage {
  const { envelope, to } = outgoing;
  return {
    id: String(id),
    to,
    messageId: envelope.id,
    type: envelope.type,
    ...(envelope.orderingKey !== undefined && { orderingKey: envelope.orderingKey }),
    bodyBytes: envelope.body.byteLength,
    reason,
    setAsideAt: new Date(at),
  };
}
