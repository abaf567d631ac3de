import { type Activity, type PaymentCaptured } from '@orderflow/contracts';
import type { Inbox, Message, PreparedMessage, Steps } from '@orderflow/messaging';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { type Observation, record } from './recorder.js';

/** What counted events carry, as far as it matters here. */
type EventPayload = PaymentCaptured | Activity | object;

/** Counts each event once, however often it is delivered; those that are there at the same time together. */
export class Aggregates implements Steps<EventPayload, Observation, SqlTransaction> {
  readonly inbox: Inbox<SqlTransaction>;
  readonly consumer = 'analytics-worker';

  constructor(inbox: Inbox<SqlTransaction>) {
    this.inbox = inbox;
  }

  async prepare(message: Message<EventPayload>): Promise<Observation> {
    return observationOf(message);
  }

  async commit(observation: Observation, tx: SqlTransaction): Promise<void> {
    await record(tx, [observation]);
  }

  async commitMany(all: readonly PreparedMessage<EventPayload, Observation>[], tx: SqlTransaction): Promise<void> {
    await record(
      tx,
      all.map(({ prepared }) => prepared),
    );
  }
}

function observationOf({ id, type, payload, envelope }: Message<EventPayload>): Observation {
  const event = { messageId: id, type, at: envelope.time };
  if ('occurredAt' in payload) return { ...event, at: payload.occurredAt };
  if (!('capturedAt' in payload)) return event;
  const { currency, amount, capturedAt, orderCreatedAt } = payload;
  return {
    ...event,
    revenue: { currency, amount },
    latencyMs: Date.parse(capturedAt) - Date.parse(orderCreatedAt),
  };
}
