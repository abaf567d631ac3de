import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Consumer, startConsumer } from '../consumer.js';
import type { Contract } from '../contract.js';
import { handle, type Handler, type Handling } from '../handling.js';
import { createMessagingHarness } from './messaging-harness.js';

interface Order {
  readonly orderId: string;
  readonly lines: readonly { readonly sku: string }[];
}
const orderPaid: Contract<Order> = { type: 'order.paid', version: 1, kind: 'event', parse: (value) => value as Order };
const order = (orderId: string, ...skus: string[]): Order => ({ orderId, lines: skus.map((sku) => ({ sku })) });

const harness = createMessagingHarness({ topology: { queues: ['q'] }, realTimeoutMs: 2_000 });
let consumer: Consumer;
afterEach(() => consumer.stop());

async function start(handling: Handling, contracts?: readonly Contract[]): Promise<void> {
  consumer = await startConsumer({
    transport: harness.transport,
    ...harness.time,
    queue: 'q',
    handlers: [handling],
    ...(contracts && { contracts }),
    concurrency: 4,
    onError: (error) => {
      throw error;
    },
  });
}

const consume = (handler: Handler<Order>) => start(handle(orderPaid, handler));

describe('a harness', () => {
  it('stops its clock while a handler waits for the world, so that no time limit ends it', async () => {
    await consume(async () => {
      for (let read = 0; read < 50; read += 1) await readFile(new URL(import.meta.url));
    });
    await harness.send({ queue: 'q' }, orderPaid, order('a'));
    const begun = harness.clock.now();
    expect((await harness.delivered(orderPaid)).attempt).toBe(1);
    expect(harness.clock.now() - begun).toBe(0);
  });

  it('finds what matches, in depth, and each once', async () => {
    await consume(async () => {});
    await harness.send({ queue: 'q' }, orderPaid, order('a', 'tea', 'milk'));
    await harness.send({ queue: 'q' }, orderPaid, order('b', 'tea'));
    await harness.send({ queue: 'q' }, orderPaid, order('a', 'tea'));
    const found = await harness.delivered(orderPaid, { lines: [{ sku: 'tea' }] });
    expect(found.payload.orderId).toBe('b');
    expect((await harness.delivered(orderPaid, { orderId: 'a' })).payload.lines).toHaveLength(2);
    expect((await harness.delivered(orderPaid, { orderId: 'a' })).payload.lines).toHaveLength(1);
    await expect(harness.delivered(orderPaid, { orderId: 'a' })).rejects.toThrow('No order.paid was delivered');
  });

  it('answers what the contract reads, and tells dates apart', async () => {
    interface Dated {
      readonly due: Date;
    }
    const reminder: Contract<Dated> = {
      type: 'reminder',
      version: 1,
      kind: 'event',
      parse: (value) => ({ due: new Date((value as Dated).due) }),
    };
    const [early, late] = [{ due: new Date('2026-03-01') }, { due: new Date('2026-04-01') }];
    await start(handle(reminder, async () => {}));
    await harness.send({ queue: 'q' }, reminder, early);
    await harness.send({ queue: 'q' }, reminder, late);
    expect((await harness.delivered(reminder, { due: late.due })).payload).toEqual(late);
    expect((await harness.published(reminder, { due: late.due })).payload).toEqual(late);
    expect((await harness.delivered(reminder, (seen) => seen.due < late.due)).payload).toEqual(early);
  });

  it('does not take one version for another', async () => {
    const second: Contract<Order> = { ...orderPaid, version: 2 };
    const converts = { ...orderPaid, upcast: { to: second, convert: (payload: unknown) => payload } };
    await start(
      handle(second, async () => {}),
      [converts, second],
    );
    await harness.send({ queue: 'q' }, orderPaid, order('old'));
    await harness.send({ queue: 'q' }, second, order('new'));
    expect((await harness.delivered(second)).payload.orderId).toBe('new');
    expect((await harness.delivered(orderPaid)).payload.orderId).toBe('old');
  });

  it('answers the body as it came of a dead letter that its contract refuses', async () => {
    const strict: Contract<Order> = {
      ...orderPaid,
      parse(value) {
        if (!Array.isArray((value as Order).lines)) throw new Error('lines must be a list');
        return value as Order;
      },
    };
    await start(handle(strict, async () => {}));
    await harness.send({ queue: 'q' }, orderPaid, { orderId: 'bad' } as Order);
    const { payload, settlement } = await harness.deadLettered(strict, { orderId: 'bad' });
    expect([payload, settlement]).toEqual([{ orderId: 'bad' }, expect.objectContaining({ reason: 'InvalidPayload' })]);
  });
});
