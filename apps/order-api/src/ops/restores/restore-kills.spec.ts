import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Outgoing, WholeDeadLetter } from '@orderflow/messaging';
import type { AzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { createPostgresMessaging, type PostgresMessaging } from '@orderflow/messaging/postgres';
import { receive } from '@orderflow/messaging/testing';
import type { Broker } from '@orderflow/servicebus-emulator';
import { deadLetter } from '../../../test/dead-letter.js';
import { startOrderBroker, transportTo } from '../../../test/order-broker.js';
import { eventually } from '../../../test/eventually.js';
import { openOrderDatabase, type OrderDatabase } from '../../../test/order-database.js';
import { createEdit } from '../edits/edit-store.js';
import { restoreDiscard } from './restore-discard.js';
import { restoreEdit } from './restore-edit.js';
import { restoreExport } from './restore-export.js';
import { LetterCipher } from '../copies/letter-cipher.js';
import { purposeOf } from '../copies/letter-copies.js';

const cipher = new LetterCipher(randomBytes(32));

let database: OrderDatabase;
let broker: Broker;
let transport: AzureServiceBusTransport;
let messaging: PostgresMessaging;
let letters: readonly WholeDeadLetter[];

beforeEach(async () => {
  database = await openOrderDatabase();
  broker = await startOrderBroker();
  transport = transportTo(broker);
  messaging = createPostgresMessaging({ pool: database.pool });
  await deadLetter(transport, 'orders', [{ id: 'a' }, { id: 'b' }]);
  const page = await transport.deadLetters.peek('orders');
  letters = await transport.deadLetters.read(
    'orders',
    page.letters.map(({ place }) => place),
  );
});
afterEach(async () => {
  await transport.close();
  await broker.close();
  await database.close();
});

/** Where a process dies: before the broker has the messages, or before that is committed. */
const deaths = {
  'before it sent anything': () => Promise.reject(new Error('killed')),
  'after it sent, and before that was committed': async (messages: readonly Outgoing[]) => {
    await transport.send(messages);
    throw new Error('killed');
  },
};

/** Sends, and keeps which generations. */
function recording(generations: (number | undefined)[]): Pick<AzureServiceBusTransport, 'send'> {
  return {
    async send(messages) {
      generations.push(...messages.map(({ generation }) => generation));
      await transport.send(messages);
    },
  };
}

/** Ids of what the consumer gets. */
async function arrived(): Promise<readonly string[]> {
  const work = await receive(transport, 'orders');
  const [first] = letters;
  if (!first) throw new Error('There is no letter.');
  await transport.send([{ to: { queue: 'orders' }, envelope: { ...first.envelope, id: 'fence' } }]);
  const found: string[] = [];
  for (;;) {
    const { envelope } = await work.complete();
    if (envelope.id === 'fence') break;
    found.push(envelope.id);
  }
  await work.subscription.stop();
  return found;
}

/** An export of both letters that has ended. */
async function exported(): Promise<string> {
  const id = randomUUID();
  await database.pool.query(
    `INSERT INTO ops_exports (id, selection_id, queue, state, letters, note, created_by)
     VALUES ($1, $1, 'orders', 'done', 2, 'go', 'local')`,
    [id],
  );
  for (const [index, { letter, envelope }] of letters.entries()) {
    await database.pool.query(
      `INSERT INTO ops_export_letters (export_id, n, queue, place, message_id, state, copy, copied_at)
       VALUES ($1, $2, 'orders', $3, $4, 'exported', $5, now())`,
      [id, index + 1, letter.place, letter.id, cipher.encrypt(envelope, purposeOf(id, index + 1))],
    );
  }
  return id;
}

it.each(Object.entries(deaths))('restores an export once when it dies %s', async (_when, send) => {
  const owner = { id: await exported(), queue: 'orders' };
  const { deadLetters } = transport;
  const restore = (sender: Pick<AzureServiceBusTransport, 'send'>) =>
    restoreExport({ messaging, transport: sender, deadLetters, cipher, owner, target: 'orders' });
  expect(await restore(transport)).toEqual({ restored: 0, present: 2, sentOtherwise: 0 });
  await deadLetters.discard('orders');
  await expect(restore({ send })).rejects.toMatchObject({
    code: 'broker-unavailable',
    message: 'The broker does not answer. What was restored until then stays so; ask again for the rest.',
  });
  const generations: (number | undefined)[] = [];
  expect(await restore(recording(generations))).toEqual({ restored: 2, present: 0, sentOtherwise: 0 });
  expect(await restore(transport)).toEqual({ restored: 0, present: 0, sentOtherwise: 0 });
  expect(await arrived()).toEqual(['a', 'b']);
  expect(generations).toEqual([1, 1]);
});

/** A discard of both letters that has ended. */
async function discarded(): Promise<string> {
  const id = randomUUID();
  await database.pool.query(
    `INSERT INTO ops_discards (id, selection_id, queue, target, state, letters, note, created_by)
     VALUES ($1, $1, 'orders', 'orders', 'done', 2, 'go', 'local')`,
    [id],
  );
  for (const [index, { letter, envelope }] of letters.entries()) {
    await database.pool.query(
      `INSERT INTO ops_discard_letters (discard_id, n, queue, place, message_id, generation, state, copy, copied_at)
       VALUES ($1, $2, 'orders', $3, $4, 0, 'discarded', $5, now())`,
      [id, index + 1, letter.place, letter.id, cipher.encrypt(envelope, purposeOf(id, index + 1))],
    );
  }
  await transport.deadLetters.discard('orders');
  return id;
}

it('restores nothing of a discard while an export has the same letters in hand', async () => {
  const { deadLetters } = transport;
  const owner = { id: await exported(), queue: 'orders' };
  const discard = { id: await discarded(), queue: 'orders', target: 'orders' };
  const sending = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const slow: Pick<AzureServiceBusTransport, 'send'> = {
    async send(messages) {
      sending.resolve();
      await answered.promise;
      await transport.send(messages);
    },
  };
  const first = restoreExport({ messaging, transport: slow, deadLetters, cipher, owner, target: 'orders' });
  await sending.promise;
  let hasEnded = false;
  const second = restoreDiscard({ messaging, transport, cipher, discard }).finally(() => (hasEnded = true));
  await eventually(async () => {
    const { rowCount } = await database.pool.query(
      `SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
       WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()`,
    );
    expect(rowCount === 1 || hasEnded).toBe(true);
  });
  answered.resolve();
  expect(await first).toEqual({ restored: 2, present: 0, sentOtherwise: 0 });
  expect(await second).toEqual({ restored: 0, sentOtherwise: 2 });
});

it.each(Object.entries(deaths))('restores an edit once when it dies %s', async (_when, send) => {
  const [found] = letters;
  if (!found) throw new Error('There is no letter.');
  const { envelope: original, letter } = found;
  const request = { body: { mended: true }, properties: {}, note: 'go' };
  const edited = { queue: 'orders', target: 'orders', place: letter.place, original, request };
  const id = await messaging.transaction((tx) => createEdit(tx, edited, { actor: 'local', cipher }));
  const { deadLetters } = transport;
  const restore = (sender: Pick<AzureServiceBusTransport, 'send'>) =>
    restoreEdit({ messaging, transport: sender, deadLetters, cipher, edit: { id, queue: 'orders', target: 'orders' } });
  await expect(restore(transport)).rejects.toMatchObject({ code: 'edit-running' });
  await database.pool.query("UPDATE ops_edits SET state = 'sent', ended_at = now()");
  await expect(restore(transport)).rejects.toMatchObject({ code: 'edit-not-restorable' });
  await deadLetters.discard('orders');
  await expect(restore({ send })).rejects.toMatchObject({ code: 'broker-unavailable' });
  const generations: (number | undefined)[] = [];
  expect(await restore(recording(generations))).toBe(1);
  expect(await restore(transport)).toBe(0);
  expect(await arrived()).toEqual(['a']);
  expect(generations).toEqual([1]);
});
