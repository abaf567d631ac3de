import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { outgoing } from '../../testing/outgoing.js';
import type { Delivery, Settlement, TransportError } from '../../transport.js';

const stallAfterMs = 60_000;
let environment: ServiceBusEnvironment;
let hanging: ServiceBusClient;
beforeEach(async () => {
  environment = await ServiceBusEnvironment.start();
  hanging = new ServiceBusClient(environment.broker.connectionString);
});
afterEach(async () => {
  await hanging.close();
  await environment.close();
});

/** Another consumer takes the message at the head of the queue, and does nothing with it. */
async function hangWithTheHead(): Promise<void> {
  const taken = await hanging.createReceiver('work', { maxAutoLockRenewalDurationInMs: 0 }).receiveMessages(1);
  expect(taken).toHaveLength(1);
}

it('a subscription that has room and does not get the head is stalled, until a new receiver is attached', async () => {
  const { transport, proxy } = await environment.connectThroughProxy({ stallAfterMs, maxReconnectDelayMs: 50 });
  await transport.send([outgoing('m')]);
  await hangWithTheHead();
  const errors: TransportError[] = [];
  const onError = (error: TransportError): void => {
    errors.push(error);
    // The receiver that replaces the stalled one finds a dead route.
    if (error.code === 'Stalled') proxy.silence();
  };
  let deliveredIs = (_: Delivery): void => {};
  const delivered = new Promise<Delivery>((resolve) => (deliveredIs = resolve));
  const consume = async (delivery: Delivery): Promise<Settlement> => {
    deliveredIs(delivery);
    return { kind: 'complete' };
  };
  const subscription = await transport.subscribe('work', consume, { concurrency: 1, onError });
  expect(subscription.health()).toEqual({ state: 'running', inFlight: 0 });

  while (errors.length === 0) {
    environment.clock.advance(stallAfterMs);
    await new Promise(setImmediate);
  }
  expect(errors).toEqual([expect.objectContaining({ code: 'Stalled', retryable: true })]);
  expect(subscription.health()).toEqual({
    state: 'stalled',
    inFlight: 0,
    detail: expect.stringMatching(/^Message 1 waits at the head of "work" and is not delivered/),
  });

  proxy.unsilence();
  proxy.cut();
  environment.broker.faults.disrupt({ kind: 'expire-locks', entity: 'work' });
  expect((await delivered).envelope.id).toBe('m');
  expect(subscription.health().state).toBe('running');
});
