import type { SetAsideMessage } from '@orderflow/messaging';
import type { MessagingResources } from './messaging-resources.js';
import type { SetAsideQuery } from './ops-requests.js';

/** An ordering key that waits, because its first message could not be sent. */
export interface HeldKey {
  readonly orderingKey: string;
  /** Sends of its first message that failed in a row. */
  readonly attempts: number;
  /** When it is tried again; null where nobody knows. */
  readonly due: string | null;
  readonly lastError: string;
}

/** A message that no broker took, without its body. */
export interface SetAsideReport {
  /** What names it when it is sent again or dropped. */
  readonly id: string;
  /** `queue orders`, or `topic events`. */
  readonly to: string;
  readonly messageId: string;
  readonly type: string;
  readonly orderingKey?: string;
  /** Of its body. */
  readonly bytes: number;
  readonly reason: string;
  readonly setAsideAt: string;
}

/** What an app has not sent yet. */
export interface OutboxReport {
  readonly waiting: {
    /** Held ones included; exact up to 10,000. */
    readonly messages: number;
    readonly isEstimate: boolean;
    /** Age of the oldest in milliseconds, 0 when there is none. */
    readonly oldestAgeMs: number;
  };
  readonly held: {
    /** Up to 10,000 are counted. */
    readonly keys: number;
    readonly messages: number;
    /** Those that are due first, 100 at most. */
    readonly items: readonly HeldKey[];
  };
  readonly setAside: {
    /** Up to 10,000 are counted. */
    readonly total: number;
    readonly items: readonly SetAsideReport[];
    readonly nextCursor?: string;
  };
}

const mostHeldKeys = 100;

/** The outbox of a service, with a page of what was set aside. Bodies stay where they are. */
export async function readOutbox(
  { messaging, requests }: Pick<MessagingResources, 'messaging' | 'requests'>,
  { cursor, limit }: SetAsideQuery,
): Promise<OutboxReport> {
  const { outbox } = messaging;
  const backlog = await requests.admit(() => outbox.backlog());
  const page = await requests.admit(() => outbox.setAside.list({ limit, after: cursor }));
  const { rows: held } = await requests.query(
    `SELECT ordering_key, attempts, coalesce(due, until) AS due, last_error FROM outbox_holds
     ORDER BY coalesce(due, until), ordering_key LIMIT $1`,
    [mostHeldKeys],
  );
  return {
    waiting: { messages: backlog.rows, isEstimate: backlog.isEstimate, oldestAgeMs: backlog.oldestAgeMs },
    held: { keys: backlog.heldKeys, messages: backlog.heldRows, items: held.map(heldKeyOf) },
    setAside: {
      total: backlog.dead,
      items: page.messages.map(reportOf),
      ...(page.next !== undefined && { nextCursor: page.next }),
    },
  };
}

function heldKeyOf(row: Readonly<Record<string, unknown>>): HeldKey {
  // PostgreSQL's `infinity` arrives as a number.
  const due = row['due'] instanceof Date ? row['due'].toISOString() : null;
  return {
    orderingKey: String(row['ordering_key']),
    attempts: Number(row['attempts']),
    due,
    lastError: String(row['last_error']),
  };
}

function reportOf({
  id,
  to,
  messageId,
  type,
  orderingKey,
  bodyBytes,
  reason,
  setAsideAt,
}: SetAsideMessage): SetAsideReport {
  return {
    ...{ id, to: 'queue' in to ? `queue ${to.queue}` : `topic ${to.topic}`, messageId, type },
    ...(orderingKey !== undefined && { orderingKey }),
    ...{ bytes: bodyBytes, reason, setAsideAt: setAsideAt.toISOString() },
  };
}
