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
import { type Inbox, type Message, PermanentError, type PreparedMessage, type Steps } from '@orderflow/messaging';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import {
  type EventFacts,
  factsOfAccepted,
  factsOfCancelled,
  factsOfCaptured,
  factsOfPaymentFailed,
  factsOfRejected,
} from './event-facts.js';
import { type RecordedEvent, recordFacts } from './fact-store.js';

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

/**
 * Records the facts of events in the read model: each event once, in one transaction with its inbox row and with other
 * events that are there at the same time.
 */
export class FactRecorder implements Steps<OrderEvent, RecordedEvent, SqlTransaction> {
  readonly inbox: Inbox<SqlTransaction>;
  readonly consumer = 'order-api';

  constructor(inbox: Inbox<SqlTransaction>) {
    this.inbox = inbox;
  }

  async prepare({ id, type, payload }: Message<OrderEvent>): Promise<RecordedEvent> {
    const factsOf = factsByType.get(type);
    if (factsOf === undefined) throw new PermanentError('UnhandledType', `No facts are known of "${type}".`);
    return { id, type, facts: factsOf(payload as never) };
  }

  async commit(event: RecordedEvent, tx: SqlTransaction): Promise<void> {
    try {
      await recordFacts(tx, [event]);
    } catch (error) {
      const code = String((error as { code?: unknown }).code ?? '');
      if (!dataException.test(code)) throw error;
      throw new PermanentError('UnstorableValue', 'The event holds a value that cannot be stored', { cause: error });
    }
  }

  async commitMany(all: readonly PreparedMessage<OrderEvent, RecordedEvent>[], tx: SqlTransaction): Promise<void> {
    await recordFacts(
      tx,
      all.map(({ prepared }) => prepared),
    );
  }
}
