import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient, type ServiceBusReceiver } from '@azure/service-bus';
import { connectionStringTo, ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { LockRequests, tokenOf } from './lock-requests.js';

const count = 100;

describe('requests about many locks', () => {
  let environment: ServiceBusEnvironment;
  let client: ServiceBusClient;
  let receiver: ServiceBusReceiver;
  let tokens: readonly Buffer[];
  let requests: LockRequests;

  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
    client = new ServiceBusClient(connectionStringTo(environment.broker.port), { retryOptions: { maxRetries: 0 } });
    await client
      .createSender('work')
      .sendMessages(Array.from({ length: count }, (_, n) => ({ messageId: `m-${n}`, body: n })));
    const link = client.createReceiver('work', { maxAutoLockRenewalDurationInMs: 0 });
    const messages = await link.receiveMessages(count);
    // The locks outlive their link.
    await link.close();
    tokens = messages.map(({ lockToken }) => tokenOf(lockToken));
    expect(new Set(tokens.map(String)).size).toBe(count);
    receiver = client.createReceiver('work', { maxAutoLockRenewalDurationInMs: 0 });
    requests = new LockRequests(receiver);
  });
  afterEach(async () => {
    await client.close();
    await environment.close();
  });

  it.each(['renew', 'abandon'] as const)('are one, and reject when the broker is in trouble: %s', async (doing) => {
    const fault = environment.broker.faults.add({ kind: 'throttle', entity: 'work', times: count });
    const asked = doing === 'renew' ? requests.renew(tokens) : requests.abandon(tokens, {});
    await expect(asked).rejects.toMatchObject({ code: 'ServiceBusy' });
    const [left] = environment.broker.faults.list().filter(({ id }) => id === fault.id);
    expect(left?.remaining).toBe(count - 1);
  });

  it('keep all locks for another time', async () => {
    environment.broker.clock.advance(environment.lockDurationMs - 1_000);
    expect(await requests.renew(tokens)).toEqual([]);
    environment.broker.clock.advance(environment.lockDurationMs - 1_000);
    expect(await requests.renew(tokens)).toEqual([]);
  });

  it('hand all back, with a property of ours', async () => {
    expect(await requests.abandon(tokens, { given: 7 })).toEqual([]);
    const messages = await receiver.receiveMessages(count);
    expect(messages.map(({ deliveryCount, applicationProperties }) => [deliveryCount, applicationProperties])).toEqual(
      Array.from({ length: count }, () => [1, { given: 7 }]),
    );
  });

  it.each([[[0]], [[count - 1]], [[3, 50, 51, 98]], [Array.from({ length: 60 }, (_, n) => n)]])(
    'find those that are lost: %p',
    async (lost) => {
      const gone = lost.flatMap((n) => tokens[n] ?? []);
      expect(await requests.abandon(gone, {})).toEqual([]);
      const found = await requests.renew(tokens);
      expect(found.map((token) => tokens.indexOf(token)).sort((a, b) => a - b)).toEqual(lost);
      expect((await requests.abandon(tokens, {})).length).toBe(lost.length);
      expect((await receiver.receiveMessages(count)).length).toBe(count);
    },
  );

  it('give up all that ran out', async () => {
    environment.broker.clock.advance(environment.lockDurationMs + 1);
    expect(await requests.renew(tokens)).toEqual(tokens);
  });
});
