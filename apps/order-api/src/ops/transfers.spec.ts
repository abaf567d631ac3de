import { afterEach, expect, it } from '@jest/globals';
import { transientlyFailed } from '../../test/accepted-orders.js';
import { deadLetter } from '../../test/dead-letter.js';
import { eventually } from '../../test/eventually.js';
import { OpsApi } from '../../test/ops-api.js';

let api: OpsApi;
afterEach(() => api.close());

it('lists what could not be transferred from a queue, and replays it to the queue that it was for', async () => {
  const place = 'orders/$transfer';
  api = await OpsApi.prepare({ OPS_QUEUES: `orders,${place}=order-status` });
  await deadLetter(api.transport, 'orders', [transientlyFailed('a'), transientlyFailed('b')]);
  const entity = api.broker.namespace.registry.get('orders');
  if (entity.kind !== 'queue') throw new Error('There is no queue.');
  // Only a transaction of another client fills that queue; here its letters are put there.
  for (const letter of [...entity.deadLetters.from(0)]) {
    entity.transferDeadLetters.publish(entity.transferDeadLetters.prepare({ ...letter }), api.broker.clock.now());
  }
  await api.startReplica();
  await api.indexed(place, 2);
  const path = `/ops/queues/${encodeURIComponent(place)}`;
  await eventually(async () =>
    expect((await api.get(path)).body).toMatchObject({
      replaysTo: 'order-status',
      counts: { active: 0, deadLetters: 2 },
    }),
  );
  const { items } = (await api.get(`${path}/dead-letters?messageId=a`)).body;
  expect(items).toMatchObject([{ queue: place, messageId: 'a', reason: 'AttemptsExhausted' }]);
  const { body: selection } = await api.post('/ops/selections', { queue: place });
  const made = await api.post('/ops/replays', { selectionId: selection.id, note: 'go' });
  await eventually(async () =>
    expect((await api.get(`/ops/replays/${made.body.id}`)).body).toMatchObject({
      state: 'done',
      target: 'order-status',
    }),
  );
  await api.indexed(place, 0);
  expect(await api.present('orders')).toBe(2);
});
