import { type Activity, type PaymentCaptured } from '@orderflow/contracts';
import type { EffectInbox, Message, PreparedMessage, StatementSteps } from '@orderflow/messaging';
import type { HandledEffect } from '@orderflow/messaging/postgres';
import { effectOf, type Observation } from './recorder.js';

/** What counted events carry, as far as it matters here. */
type EventPayload = PaymentCaptured | Activity | object;

/** Counts each event once, however often it is delivered; those that are there at the same time by one statement. */
export class Aggregates implements StatementSteps<EventPayload, Observation, HandledEffect> {
  readonly inbox: EffectInbox<HandledEffect>;
  readonly consumer = 'analytics-worker';

  constructor(inbox: EffectInbox<HandledEffect>) {
    this.inbox = inbox;
  }

  async prepare(message: Message<EventPayload>): Promise<Observation> {
    return observationOf(message);
  }

  effectOf(all: readonly PreparedMessage<EventPayload, Observation>[]): HandledEffect {
    return effectOf(all.map(({ prepared }) => prepared));
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
