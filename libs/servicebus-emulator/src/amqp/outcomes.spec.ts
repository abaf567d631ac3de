import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import rhea from 'rhea';
import { type Broker, startBroker } from '../broker.js';
import { testMessage } from '../testing/message.js';
import { RawClient } from './testing/raw-client.js';

const COORDINATOR = 0x30;
const types = rhea.types as unknown as {
  wrap_list(items: readonly unknown[]): unknown;
  wrap_described(value: unknown, descriptor: number): unknown;
};

/** What rhea sends, which its types do not show. */
interface SenderInternals {
  readonly local: { readonly attach: { target: unknown } };
}

let broker: Broker;
let raw: RawClient;

beforeEach(async () => {
  broker = await startBroker();
  broker.namespace.createQueue('q', { maxDeliveryCount: 2 }, broker.clock.now());
  raw = await RawClient.connect(broker.port);
});

afterEach(async () => {
  await raw.close();
  await broker.close();
});

interface Received {
  readonly message: rhea.Message;
  readonly delivery: rhea.Delivery;
}

async function next(receiver: rhea.Receiver): Promise<Received> {
  receiver.add_credit(1);
  const [context] = (await once(receiver, 'message')) as [Received];
  return context;
}

describe('what a client says became of a message', () => {
  it.each([
    ['released', (delivery: rhea.Delivery) => delivery.release()],
    ['modified', (delivery: rhea.Delivery) => delivery.modified({ delivery_failed: true })],
  ])('"%s" counts a delivery, and the last one that may fail dead-letters it', async (_, settle) => {
    const sender = await raw.openSender('q');
    sender.send({ body: 'poison' });
    const receiver = await raw.openReceiver('q');
    for (const count of [0, 1]) {
      const { message, delivery } = await next(receiver);
      expect(message.delivery_count).toBe(count);
      const settled = once(receiver, 'settled');
      settle(delivery);
      await settled;
    }
    const { message } = await next(await raw.openReceiver('q/$DeadLetterQueue'));
    expect(message.application_properties).toMatchObject({ DeadLetterReason: 'MaxDeliveryCountExceeded' });
  });

  it('counts nothing in a dead-letter queue, and leaves the message there', async () => {
    const { namespace, clock } = broker;
    namespace.commit(namespace.send('q', [testMessage({ id: 'm' })], clock.now()).unit, clock.now());
    const queue = namespace.registry.target('q');
    if (queue?.kind !== 'queue') throw new Error('There is no queue.');
    queue.main.abandon(queue.main.receive(clock.now()) as never, undefined, clock.now());
    queue.main.abandon(queue.main.receive(clock.now()) as never, undefined, clock.now());
    const receiver = await raw.openReceiver('q/$DeadLetterQueue');
    for (let i = 0; i < 4; i++) {
      const { message, delivery } = await next(receiver);
      expect(message.delivery_count).toBe(2);
      const settled = once(receiver, 'settled');
      delivery.modified({ delivery_failed: true });
      await settled;
    }
  });
});

it('refuses transactions, and goes on without them', async () => {
  const warning = jest.spyOn(console, 'warn');
  const coordinator = raw.connection.open_sender({});
  const { attach } = (coordinator as unknown as SenderInternals).local;
  // rhea knows no coordinators: the target is written here as the specification of transactions has it.
  attach.target = types.wrap_described(types.wrap_list([]), COORDINATOR);
  await once(coordinator, 'sender_error');
  expect(coordinator.error).toMatchObject({ condition: 'amqp:not-implemented' });
  const sender = await raw.openSender('q');
  sender.send({ body: 'by itself' });
  await once(sender, 'accepted');
  expect(warning).not.toHaveBeenCalled();
  warning.mockRestore();
});
