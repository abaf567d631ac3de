import pg from 'pg';
import { type Consumer, startConsumer } from '../../src/consumer.js';
import { createEnvelopeWriter } from '../../src/envelope-writer.js';
import { handle } from '../../src/handling.js';
import { createPostgresMessaging, postgresFailures } from '../../src/postgres/index.js';
import { createAzureServiceBusTransport } from '../../src/transports/azure-service-bus/index.js';
import { queues, type Step, stepTaken } from './steps.js';

// One replica: checks the order of steps in both queues, fails now and then, and passes on what it checked in the first.
const [databaseUrl = '', connectionString = ''] = process.argv.slice(2);
/** How many handlings of a hundred fail, half of them after they have written. */
const failing = 5;

const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
const messaging = createPostgresMessaging({ pool });
const transport = createAzureServiceBusTransport({ connectionString }, { maxReconnectDelayMs: 250 });
const write = createEnvelopeWriter('/ordered-run');

function failNowAndThen(): void {
  if (Math.random() * 200 < failing) throw new Error('It fails now and then.');
}

function consume(queue: (typeof queues)[number]): Promise<Consumer> {
  const check = handle(stepTaken, async (message, { attempt, signal }) => {
    const { orderId, number }: Step = message.payload;
    failNowAndThen();
    await messaging.inbox.once(
      queue,
      message.id,
      async (tx) => {
        const { rows } = await tx.query(
          'SELECT coalesce(max(number), 0) AS last FROM seen WHERE queue = $1 AND order_id = $2',
          [queue, orderId],
        );
        const values = [queue, orderId, number, (rows[0] as { last: number }).last, attempt];
        await tx.query(
          'INSERT INTO seen (queue, order_id, number, previous, attempt) VALUES ($1, $2, $3, $4, $5)',
          values,
        );
        if (queue === queues[0]) {
          const envelope = write(stepTaken, message.payload, { id: message.id, orderingKey: orderId });
          await messaging.outbox.add(tx, [{ to: { queue: queues[1] }, envelope }]);
        }
        failNowAndThen();
      },
      { signal },
    );
  });
  return startConsumer({
    transport,
    queue,
    concurrency: 10,
    sessions: {},
    handlers: [check],
    policy: { immediate: [], delayed: [50, 100, 200, 400, 800, 1_000, 1_000] },
    failures: postgresFailures,
    onError: () => {},
  });
}

messaging.startRelay({ transport, onError: () => {} });
await Promise.all(queues.map(consume));
process.stdout.write('ready\n');
