import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServiceBusClient, type ServiceBusAdministrationClient } from '@azure/service-bus';
import { type Broker, startBroker } from '../broker.js';
import { adminClient, all } from '../testing/admin.js';

const FOREVER = 'P10675199DT2H48M5.4775807S';

let broker: Broker;
let admin: ServiceBusAdministrationClient;
beforeAll(async () => {
  broker = await startBroker({ managementPort: 0 });
  admin = adminClient(broker);
});
afterAll(() => broker.close());

describe('queues', () => {
  it("has Azure's defaults", async () => {
    const { _response: _, ...queue } = await admin.createQueue('defaults');
    expect(queue).toEqual({
      name: 'defaults',
      lockDuration: 'PT1M',
      maxDeliveryCount: 10,
      maxSizeInMegabytes: 1024,
      maxMessageSizeInKilobytes: 256,
      defaultMessageTimeToLive: FOREVER,
      autoDeleteOnIdle: FOREVER,
      duplicateDetectionHistoryTimeWindow: 'PT10M',
      enableBatchedOperations: true,
      enablePartitioning: false,
      enableExpress: false,
      requiresSession: false,
      requiresDuplicateDetection: false,
      deadLetteringOnMessageExpiration: false,
      status: 'Active',
      availabilityStatus: 'Available',
      authorizationRules: undefined,
      forwardTo: undefined,
      forwardDeadLetteredMessagesTo: undefined,
      userMetadata: undefined,
    });
    expect(_.status).toBe(201);
  });

  it('keeps what is asked for, and answers forwarding targets as URIs', async () => {
    await admin.createQueue('target');
    const options = {
      lockDuration: 'PT45S',
      maxDeliveryCount: 5,
      maxSizeInMegabytes: 2048,
      defaultMessageTimeToLive: 'P2D',
      autoDeleteOnIdle: 'PT1H',
      requiresDuplicateDetection: true,
      duplicateDetectionHistoryTimeWindow: 'PT1M',
      deadLetteringOnMessageExpiration: true,
      enableBatchedOperations: false,
      enablePartitioning: true,
      userMetadata: 'a <text> & "more"',
      status: 'SendDisabled' as const,
    };
    await admin.createQueue('team/orders', {
      ...options,
      forwardTo: 'target',
      forwardDeadLetteredMessagesTo: 'target',
    });
    const queue = await admin.getQueue('TEAM/Orders');
    expect(queue).toMatchObject({ ...options, name: 'team/orders' });
    const uri = `sb://127.0.0.1:${broker.managementPort}/target`;
    expect([queue.forwardTo, queue.forwardDeadLetteredMessagesTo]).toEqual([uri, uri]);
  });

  it('updates, also what was read before, and clears what is left out', async () => {
    await admin.createQueue('changing', { requiresSession: true, userMetadata: 'old' });
    const queue = await admin.getQueue('changing');
    queue.lockDuration = 'PT30S';
    queue.maxDeliveryCount = 3;
    const updated = await admin.updateQueue({ ...queue, userMetadata: undefined as never });
    expect(updated).toMatchObject({ lockDuration: 'PT30S', maxDeliveryCount: 3, requiresSession: true });
    expect((await admin.getQueue('changing')).userMetadata).toBeUndefined();
    await expect(admin.updateQueue({ ...queue, requiresSession: false })).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('requiresSession cannot be changed'),
    });
  });

  it('keeps shared access keys', async () => {
    const rule = { keyName: 'sender', primaryKey: 'a', secondaryKey: 'b', accessRights: ['Send' as const] };
    await admin.createQueue('keys', { authorizationRules: [{ claimType: 'SharedAccessKey', ...rule }] });
    expect((await admin.getQueue('keys')).authorizationRules).toEqual([{ claimType: 'SharedAccessKey', ...rule }]);
  });

  it('refuses a bad description with everything that is wrong with it', async () => {
    const refused = admin.createQueue('bad', {
      lockDuration: 'forever',
      maxDeliveryCount: 0,
      maxSizeInMegabytes: 90_000,
      status: 'Sleeping' as never,
    });
    await expect(refused).rejects.toMatchObject({ statusCode: 400, code: 'ServiceError' });
    const message = await refused.catch((error: Error) => error.message);
    for (const part of ['LockDuration', 'maxDeliveryCount', 'maxSizeInMegabytes', 'status']) {
      expect(message).toContain(part);
    }
    expect(await admin.queueExists('bad')).toBe(false);
  });

  it("answers with Azure's errors", async () => {
    await admin.createQueue('twice');
    await expect(admin.createQueue('twice')).rejects.toMatchObject({
      statusCode: 409,
      code: 'MessageEntityAlreadyExistsError',
    });
    const notFound = { statusCode: 404, code: 'MessageEntityNotFoundError' };
    await expect(admin.getQueue('missing')).rejects.toMatchObject(notFound);
    await expect(admin.deleteQueue('missing')).rejects.toMatchObject(notFound);
    await expect(admin.createQueue('strays', { forwardTo: 'missing' })).rejects.toMatchObject({ statusCode: 400 });
    await expect(admin.createQueue('-bad-')).rejects.toMatchObject({ statusCode: 400 });
  });

  it('deletes, and knows what exists', async () => {
    await admin.createQueue('gone');
    await admin.createTopic('a-topic');
    expect(await admin.queueExists('gone')).toBe(true);
    expect(await admin.queueExists('a-topic')).toBe(false);
    await admin.deleteQueue('gone');
    expect(await admin.queueExists('gone')).toBe(false);
  });

  it('lists in pages', async () => {
    for (let i = 0; i < 5; i++) await admin.createQueue(`page-${i}`);
    const names = (await all(admin.listQueues())).map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    const pages = await all(admin.listQueues().byPage({ maxPageSize: 2 }));
    expect(pages.slice(0, -1).every((page) => page.length === 2)).toBe(true);
    expect(pages.flat().map(({ name }) => name)).toEqual(names);
  });

  it('counts exactly', async () => {
    await admin.createQueue('counted', { lockDuration: 'PT1M' });
    const client = new ServiceBusClient(broker.connectionString);
    const sender = client.createSender('counted');
    await sender.sendMessages([{ body: 1 }, { body: 2 }, { body: 3 }, { body: 4 }]);
    await sender.scheduleMessages({ body: 5 }, new Date(Date.now() + 60_000));
    const receiver = client.createReceiver('counted');
    const [dead, deferred, locked] = await receiver.receiveMessages(3);
    if (!dead || !deferred || !locked) throw new Error('Three messages should have come.');
    await receiver.deadLetterMessage(dead);
    await receiver.deferMessage(deferred);
    const counts = { activeMessageCount: 3, deadLetterMessageCount: 1, scheduledMessageCount: 1, totalMessageCount: 5 };
    const runtime = await admin.getQueueRuntimeProperties('counted');
    expect(runtime).toMatchObject({ ...counts, transferMessageCount: 0, transferDeadLetterMessageCount: 0 });
    expect(runtime.sizeInBytes).toBeGreaterThan(0);
    expect(runtime.accessedAt.getTime()).toBeGreaterThanOrEqual(runtime.createdAt.getTime());
    const listed = await all(admin.listQueuesRuntimeProperties());
    expect(listed.find(({ name }) => name === 'counted')).toMatchObject(counts);
    await receiver.completeMessage(locked);
    expect(await admin.getQueueRuntimeProperties('counted')).toMatchObject({ activeMessageCount: 2 });
    await client.close();
  });

  it('speaks the older version, which knows no message size', async () => {
    const older = adminClient(broker, { serviceVersion: '2017-04' });
    const queue = await older.createQueue('older');
    expect(queue.maxMessageSizeInKilobytes).toBeUndefined();
    expect((await admin.getQueue('older')).maxMessageSizeInKilobytes).toBe(256);
  });

  it('describes its namespace', async () => {
    const namespace = await admin.getNamespaceProperties();
    expect(namespace).toMatchObject({ name: 'sbemulatorns', messagingSku: 'Standard' });
    expect(namespace.createdAt.getTime()).toBeLessThanOrEqual(Date.now());
  });
});
