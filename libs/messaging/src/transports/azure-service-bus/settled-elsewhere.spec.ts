import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { connectionStringTo, ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import type { Clock } from '../../clock.js';
import { AdvancingClock } from '../../testing/advancing-clock.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { outgoing } from '../../testing/outgoing.js';
import type { Settlement, TransportError } from '../../transport.js';
import { resolveSubscribeOptions } from '../subscribe-options.js';
import { managedClient } from './client-factory.js';
import { resolveOptions } from './options.js';
import { SenderConnection } from './sender-connection.js';
import { ServiceBusSubscription } from './service-bus-subscription.js';

/** More than a link brings of which rhea takes nothing for settled. */
const many = 2_100;

let environment: ServiceBusEnvironment;
beforeEach(async () => {
  environment = await ServiceBusEnvironment.start();
});
afterEach(() => environment.close());

const clients: ServiceBusClient[] = [];
const errors: TransportError[] = [];

/** A receiver of eight places, whose clients are noted. */
async function receive(
  consume: () => Promise<Settlement>,
  clock: Clock = new AdvancingClock(),
): Promise<ServiceBusSubscription> {
  clients.splice(0);
  errors.splice(0);
  const open = (kept: ServiceBusClient[]) => {
    const client = new ServiceBusClient(connectionStringTo(environment.broker.port));
    kept.push(client);
    return managedClient(client, () => undefined);
  };
  const options = resolveSubscribeOptions('work', { concurrency: 8, onError: (error) => errors.push(error) });
  const subscription = new ServiceBusSubscription('work', consume, options, {
    source: { create: () => open(clients) },
    sender: new SenderConnection({ create: () => open([]) }, clock),
    resolved: resolveOptions({ clock }),
  });
  await subscription.start();
  return subscription;
}

async function sendMany(): Promise<void> {
  const producer = await environment.connect();
  for (let sent = 0; sent < many; sent += 100) {
    await producer.send(Array.from({ length: 100 }, (_, index) => outgoing(`m-${sent + index}`)));
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

interface StreamingReceiver {
  _subscribeImpl(caller: 'subscribe'): Promise<void>;
}

/** Where the SDK keeps the receivers of its first client: not published. */
function contextOf(client: ServiceBusClient | undefined): { messageReceivers: Record<string, StreamingReceiver> } {
  return (client as unknown as { _connectionContext: ReturnType<typeof contextOf> })._connectionContext;
}

/** As after an outage in which two attempts to attach met: the SDK looks for a receiver by another name than its link's. */
function forgetReceivers(): void {
  contextOf(clients[0]).messageReceivers = {};
}

/** As after an outage in which the second attempt to attach, `subscribe`'s own, comes when the link of the first is open. */
async function attachOnceMore(): Promise<void> {
  for (const receiver of Object.values(contextOf(clients[0]).messageReceivers)) {
    await receiver._subscribeImpl('subscribe');
  }
}

describe('a receiver is replaced before it falls silent', () => {
  it('when the SDK does not find its link to settle on', async () => {
    let handled = 0;
    const subscription = await receive(async () => {
      handled += 1;
      return { kind: 'complete' };
    });
    forgetReceivers();
    await sendMany();
    await until(() => handled === many);
    expect(clients).toHaveLength(2);
    expect(errors).toEqual([]);
    await subscription.stop();
  });

  it('when the SDK attached it once more while its link had brought something', async () => {
    const attached = Promise.withResolvers<void>();
    let begun = 0;
    let handled = 0;
    const subscription = await receive(async () => {
      begun += 1;
      await attached.promise;
      handled += 1;
      return { kind: 'complete' };
    });
    await sendMany();
    await until(() => begun === 8);
    await attachOnceMore();
    attached.resolve();
    await until(() => handled === many);
    expect(clients).toHaveLength(2);
    expect(errors).toEqual([]);
    await subscription.stop();
  });
});

it('a receiver that is stopped while the SDK is to attach it once more settles what is in hand on its link', async () => {
  const handled = Promise.withResolvers<void>();
  let begun = 0;
  const consume = async (): Promise<Settlement> => {
    begun += 1;
    await handled.promise;
    return { kind: 'complete' };
  };
  // No time passes, so that the second attempt does not begin.
  const subscription = await receive(consume, new ManualClock());
  const second = attachOnceMore().catch(() => undefined);
  await (await environment.connect()).send([outgoing('m')]);
  await until(() => begun === 1);
  const elsewhere = jest.spyOn(SenderConnection.prototype, 'use');
  const stopped = subscription.stop();
  await second;
  handled.resolve();
  await stopped;
  expect(elsewhere).not.toHaveBeenCalled();
  expect(errors).toEqual([]);
});
