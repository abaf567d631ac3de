import { createCatalogue, orderAccepted, paymentCaptured, purchase } from '@orderflow/contracts';
import { createEnvelopeWriter, type Delivery, handle, type Message, startConsumer } from '@orderflow/messaging';
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { createPostgresMessaging, postgresFailures, type SqlTransaction } from '@orderflow/messaging/postgres';
import pg from 'pg';
import { checkedQueue, followersOf, numberOf, purchaseId } from './checked-events.js';

// checker.ts DATABASE_URL CONNECTION_STRING: one replica. Notes which event of an order came after which, and publishes
// the purchases that follow from it to the topic that all workers hear.
const [databaseUrl = '', connectionString = ''] = process.argv.slice(2);

const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
const messaging = createPostgresMessaging({ pool });
const transport = createAzureServiceBusTransport({ connectionString });
const write = createEnvelopeWriter('/checker');

/** @param number of the event; 0 for one that has no place among the numbered ones */
async function note(message: Message<unknown>, { attempt, signal }: Delivery, number: number): Promise<void> {
  const orderId = message.orderingKey;
  if (orderId === undefined) throw new Error(`${message.type} ${message.id} came without an ordering key.`);
  const work = async (tx: SqlTransaction): Promise<void> => {
    await tx.query(
      `INSERT INTO seen (order_id, number, previous, attempt)
       SELECT $1::text, $2::int, coalesce(max(number), 0), $3::int FROM seen WHERE order_id = $1`,
      [orderId, number, attempt],
    );
    const followers = followersOf(number).map((next) => {
      const eventId = purchaseId(orderId, next);
      const payload = { eventId, occurredAt: new Date().toISOString() };
      return { to: { topic: 'events' }, envelope: write(purchase, payload, { id: eventId, orderingKey: orderId }) };
    });
    await messaging.outbox.add(tx, followers);
  };
  await messaging.inbox.once('checker', message.id, work, { signal });
}

messaging.startRelay({ transport, onError: () => {} });
await startConsumer({
  transport,
  queue: checkedQueue,
  concurrency: 32,
  sessions: {},
  contracts: createCatalogue({ defaultCurrency: 'EUR' }),
  handlers: [
    handle(orderAccepted, (message, delivery) => note(message, delivery, 1)),
    handle(purchase, (message, delivery) => note(message, delivery, numberOf(message.id))),
    handle(paymentCaptured, (message, delivery) => note(message, delivery, 0)),
  ],
  policy: { immediate: [], delayed: [200, 400, 800, 1_600, 3_200, 5_000, 5_000] },
  failures: postgresFailures,
  onError: () => {},
});
process.stdout.write('ready\n');
