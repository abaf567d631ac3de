import {
  type OrderAccepted,
  orderAccepted,
  type OrderCancelled,
  orderCancelled,
  type OrderRejected,
  orderRejected,
  type PaymentCaptured,
  paymentCaptured,
  type PaymentFailed,
  paymentFailed,
} from '@orderflow/contracts';
import {
  type EffectInbox,
  type Message,
  PermanentError,
  type PreparedMessage,
  type StatementSteps,
} from '@orderflow/messaging';
import type { HandledEffect } from '@orderflow/messaging/postgres';
import {
  type EventFacts,
  factsOfAccepted,
  factsOfCancelled,
  factsOfCaptured,
  factsOfPaymentFailed,
  factsOfRejected,
} from './event-facts.js';
import { effectOf, type RecordedEvent } from './fact-store.js';

/** SQLSTATE class 22: a value that no database column takes, today or tomorrow. */
const dataException = /^22/;

type OrderEvent = OrderAccepted | OrderRejected | OrderCancelled | PaymentCaptured | PaymentFailed;

const factsByType: ReadonlyMap<string, (event: never) => EventFacts> = new Map([
  [orderAccepted.type, factsOfAccepted],
  [orderRejected.type, factsOfRejected],
  [orderCancelled.type, factsOfCancelled],
  [paymentCaptured.type, factsOfCaptured],
  [paymentFailed.type, factsOfPaymentFailed],
] as readonly (readonly [string, (event: never) => EventFacts])[]);

/** What is needed of an inbox. */
type RecorderInbox = Required<EffectInbox<HandledEffect>>;

/**
 * Records the facts of events in the read model: each event once, by one statement with its inbox row and with other
 * events that are there at the same time.
 */
export class FactRecorder implements StatementSteps<OrderEvent, RecordedEvent, HandledEffect> {
  readonly inbox: RecorderInbox;
  readonly consumer = 'order-api';

  constructor(inbox: RecorderInbox) {
    this.inbox = refusingUnstorable(inbox);
  }

  async prepare({ id, type, payload }: Message<OrderEvent>): Promise<RecordedEvent> {
    const factsOf = factsByType.get(type);
    if (factsOf === undefined) throw new PermanentError('UnhandledType', `No facts are known of "${type}".`);
    return { id, type, facts: factsOf(payload as never) };
  }

  effectOf(all: readonly PreparedMessage<OrderEvent, RecordedEvent>[]): HandledEffect {
    return effectOf(all.map(({ prepared }) => prepared));
  }
}

/** Calls a value that cannot be stored by its name: no later try would help. */
function refusingUnstorable(inbox: RecorderInbox): RecorderInbox {
  return {
    has: (...message) => inbox.has(...message),
    async onceManyWith(...call) {
      try {
        await inbox.onceManyWith(...call);
      } catch (error) {
        const code = String((error as { code?: unknown }).code ?? '');
        if (!dataException.test(code)) throw error;
        throw new PermanentError('UnstorableValue', 'The event holds a value that cannot be stored', { cause: error });
      }
    },
  };
}
