import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { DeadLetters, WholeDeadLetter } from '@orderflow/messaging';
import type { AzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { createPostgresMessaging, type PostgresMessaging } from '@orderflow/messaging/postgres';
import { receive } from '@orderflow/messaging/testing';
import type { Broker } from '@orderflow/servicebus-emulator';
import { deadLetter } from '../../../test/dead-letter.js';
import { startOrderBroker, transportTo } from '../../../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../../../test/order-database.js';
import { LetterCipher } from '../copies/letter-cipher.js';
import { EditRunner, type EditRunnerOptions } from './edit-runner.js';
import { createEdit, readEdits } from './edit-store.js';

const { signal } = new AbortController();
const cipher = new LetterCipher(randomBytes(32));

let database: OrderDatabase;
let broker: Broker;
let transport: AzureServiceBusTransport;
let messaging: PostgresMessaging;
let letter: WholeDeadLetter;
let id: string;

beforeEach(async () => {
  database = await openOrderDatabase();
  broker = await startOrderBroker();
  transport = transportTo(broker);
  messaging = createPostgresMessaging({ pool: database.pool });
  await deadLetter(transport, 'orders', [{ id: 'm' }]);
  const [found] = (await transport.deadLetters.peek('orders')).letters;
  const [whole] = await transport.deadLetters.read('orders', [String(found?.place)]);
  if (!whole) throw new Error('There is no letter.');
  letter = whole;
  const request = { body: { mended: true }, properties: {}, note: 'go' };
  const edited = { queue: 'orders', target: 'orders', place: letter.letter.place, original: letter.envelope, request };
  id = await messaging.transaction((tx) => createEdit(tx, edited, { actor: 'local', cipher }));
});
afterEach(async () => {
  await transport.close();
  await broker.close();
  await database.close();
});

const killed = () => Promise.reject(new Error('killed'));

async function step(parts: Partial<EditRunnerOptions> = {}): Promise<void> {
  const { pool } = database;
  const usual = { pool, messaging, deadLetters: transport.deadLetters, cipher, onError: () => {} };
  await new EditRunner({ ...usual, ...parts }).step(signal);
}

/** The broker's dead letters up to a moment at which the process dies. */
function dying(replay: DeadLetters['replay']): Partial<EditRunnerOptions> {
  return { deadLetters: { read: killed, replay } };
}

const state = async () => (await readEdits(database.pool, { id }))[0]?.state;

/** Ids of what the consumer gets. */
async function arrived(): Promise<readonly string[]> {
  const work = await receive(transport, 'orders');
  await transport.send([{ to: { queue: 'orders' }, envelope: { ...letter.envelope, id: 'fence' } }]);
  const ids: string[] = [];
  for (;;) {
    const { envelope } = await work.complete();
    if (envelope.id === 'fence') break;
    ids.push(envelope.id);
  }
  await work.subscription.stop();
  return ids;
}

it.each<[string, () => Partial<EditRunnerOptions>]>([
  ['before it sent anything', () => dying(killed)],
  [
    'after the copy was sent, and before the letter was removed',
    () =>
      dying(async (place, { edit } = {}) => {
        const copy = edit?.(letter);
        if (!copy || place !== 'orders') throw new Error('There is nothing to send.');
        const { headers: _, ...changed } = copy;
        await transport.send([{ to: { queue: 'orders' }, envelope: { ...letter.envelope, ...changed } }]);
        return killed();
      }),
  ],
  [
    'after the letter was removed, and before that was written',
    () =>
      dying(async (place, options) => {
        await transport.deadLetters.replay(place, options);
        return killed();
      }),
  ],
  ['before its last row was committed', () => ({ messaging: { transaction: killed } })],
])('sends the edit once, and never the original, when it dies %s', async (_when, parts) => {
  await step(parts());
  expect(await state()).toBe('sending');
  await step();
  expect(await state()).toBe('sent');
  await step();
  expect(await arrived()).toEqual([`edit-${id}`]);
  expect((await transport.deadLetters.peek('orders')).letters).toEqual([]);
});

it('sends nothing where somebody else took the letter before', async () => {
  await transport.deadLetters.discard('orders');
  await step();
  expect(await state()).toBe('missing');
  expect(await arrived()).toEqual([]);
});

it('leaves the letter where it is when the broker refuses its edit, and says why', async () => {
  broker.faults.add({ kind: 'refuse-sends', entity: 'orders', condition: 'amqp:decode-error', times: 100 });
  await step();
  const [edit] = await readEdits(database.pool, { id });
  expect(edit).toMatchObject({ state: 'refused', detail: expect.any(String), ended_at: expect.any(Date) });
  expect((await transport.deadLetters.peek('orders')).letters).toMatchObject([{ id: 'm' }]);
});
