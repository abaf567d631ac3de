import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { connectionStringTo, ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { AdvancingClock } from '../../testing/advancing-clock.js';
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

/** As after an outage in which two attempts to attach met: the SDK looks for a receiver by another name than its link's. */
function forgetReceivers(client: ServiceBusClient | undefined): void {
  const kept = client as unknown as { _connectionContext: { messageReceivers: Record<string, unknown> } };
  kept._connectionContext.messageReceivers = {};
}

it('a receiver whose link the SDK does not find to settle on is replaced, before it falls silent', async () => {
  const clients: ServiceBusClient[] = [];
  const open = (kept: ServiceBusClient[]) => {
    const client = new ServiceBusClient(connectionStringTo(environment.broker.port));
    kept.push(client);
    return managedClient(client, () => undefined);
  };
  const errors: TransportError[] = [];
  let handled = 0;
  const consume = async (): Promise<Settlement> => {
    handled += 1;
    return { kind: 'complete' };
  };
  const clock = new AdvancingClock();
  const options = resolveSubscribeOptions('work', { concurrency: 8, onError: (error) => errors.push(error) });
  const subscription = new ServiceBusSubscription('work', consume, options, {
    source: { create: () => open(clients) },
    sender: new SenderConnection({ create: () => open([]) }, clock),
    resolved: resolveOptions({ clock }),
  });
  await subscription.start();
  forgetReceivers(clients[0]);

  const producer = await environment.connect();
  for (let sent = 0; sent < many; sent += 100) {
    await producer.send(Array.from({ length: 100 }, (_, index) => outgoing(`m-${sent + index}`)));
  }
  while (handled < many) await new Promise((resolve) => setImmediate(resolve));
  expect(clients).toHaveLength(2);
  expect(errors).toEqual([]);
  await subscription.stop();
});
