import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServiceBusClient, type ServiceBusAdministrationClient } from '@azure/service-bus';
import { all, openTestAdministration, type TestAdministration } from '../testing/admin.js';

const FOREVER = 'P10675199DT2H48M5.4775807S';

let administration: TestAdministration;
let admin: ServiceBusAdministrationClient;
beforeAll(async () => {
  administration = await openTestAdministration();
  admin = administration.admin;
});
afterAll(() => administration.close());

const name = (label: string) => administration.name(label);

describe('queues', () => {
  it("has Azure's defaults", async () => {
    const { _response: _, ...queue } = await admin.createQueue(name('defaults'));
    expect(queue).toEqual({
      name: name('defaults'),
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
    await admin.createQueue(name('target'));
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
    await admin.createQueue(name('team/orders'), {
      ...options,
      forwardTo: name('target'),
      forwardDeadLetteredMessagesTo: name('target'),
    });
    const queue = await admin.getQueue(name('TEAM/Orders'));
    // A partitioned queue says how large all its partitions are together.
    expect(queue).toMatchObject({ ...options, maxSizeInMegabytes: 16 * 2048, name: name('team/orders') });
    const again = await admin.updateQueue({ ...queue, maxDeliveryCount: 6 });
    expect(again).toMatchObject({ maxSizeInMegabytes: 16 * 2048, maxDeliveryCount: 6 });
    const uri = administration.uri(name('target'));
    expect([queue.forwardTo, queue.forwardDeadLetteredMessagesTo]).toEqual([uri, uri]);
  });

  it('updates, also what was read before, and clears what is left out', async () => {
    await admin.createQueue(name('changing'), { requiresSession: true, userMetadata: 'old' });
    const queue = await admin.getQueue(name('changing'));
    queue.lockDuration = 'PT30S';
    queue.maxDeliveryCount = 3;
    const updated = await admin.updateQueue({ ...queue, userMetadata: undefined as never });
    expect(updated).toMatchObject({ lockDuration: 'PT30S', maxDeliveryCount: 3, requiresSession: true });
    expect((await admin.getQueue(name('changing'))).userMetadata).toBeUndefined();
    await expect(admin.updateQueue({ ...queue, requiresSession: false })).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('requiresSession cannot be changed'),
    });
  });

  it('keeps shared access keys', async () => {
    const rule = { keyName: 'sender', primaryKey: 'a', secondaryKey: 'b', accessRights: ['Send' as const] };
    await admin.createQueue(name('keys'), { authorizationRules: [{ claimType: 'SharedAccessKey', ...rule }] });
    expect((await admin.getQueue(name('keys'))).authorizationRules).toEqual([
      { claimType: 'SharedAccessKey', ...rule },
    ]);
  });

  it('refuses a bad description with everything that is wrong with it', async () => {
    const refused = admin.createQueue(name('bad'), {
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
    expect(await admin.queueExists(name('bad'))).toBe(false);
  });

  it("answers with Azure's errors", async () => {
    await admin.createQueue(name('twice'));
    await expect(admin.createQueue(name('twice'))).rejects.toMatchObject({
      statusCode: 409,
      code: 'MessageEntityAlreadyExistsError',
    });
    const notFound = { statusCode: 404, code: 'MessageEntityNotFoundError' };
    await expect(admin.getQueue(name('missing'))).rejects.toMatchObject(notFound);
    await expect(admin.deleteQueue(name('missing'))).rejects.toMatchObject(notFound);
    await expect(admin.createQueue(name('strays'), { forwardTo: name('missing') })).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(admin.createQueue('-bad-')).rejects.toMatchObject({ statusCode: 400 });
  });

  it('deletes, and knows what exists', async () => {
    await admin.createQueue(name('gone'));
    await admin.createTopic(name('a-topic'));
    expect(await admin.queueExists(name('gone'))).toBe(true);
    expect(await admin.queueExists(name('a-topic'))).toBe(false);
    await admin.deleteQueue(name('gone'));
    expect(await admin.queueExists(name('gone'))).toBe(false);
  });

  it('lists in pages', async () => {
    for (let i = 0; i < 5; i++) await admin.createQueue(name(`page-${i}`));
    const names = (await all(admin.listQueues())).map((queue) => queue.name);
    expect(names).toEqual([...names].sort());
    const pages = await all(admin.listQueues().byPage({ maxPageSize: 2 }));
    expect(pages.slice(0, -1).every((page) => page.length === 2)).toBe(true);
    expect(pages.flat().map((queue) => queue.name)).toEqual(names);
  });

  it('counts exactly', async () => {
    await admin.createQueue(name('counted'), { lockDuration: 'PT1M' });
    const client = new ServiceBusClient(administration.connectionString);
    const sender = client.createSender(name('counted'));
    await sender.sendMessages([{ body: 1 }, { body: 2 }, { body: 3 }, { body: 4 }]);
    await sender.scheduleMessages({ body: 5 }, new Date(Date.now() + 60_000));
    const receiver = client.createReceiver(name('counted'));
    const [dead, deferred, locked] = await receiver.receiveMessages(3);
    if (!dead || !deferred || !locked) throw new Error('Three messages should have come.');
    await receiver.deadLetterMessage(dead);
    await receiver.deferMessage(deferred);
    const counts = { activeMessageCount: 3, deadLetterMessageCount: 1, scheduledMessageCount: 1, totalMessageCount: 5 };
    const runtime = await admin.getQueueRuntimeProperties(name('counted'));
    expect(runtime).toMatchObject({ ...counts, transferMessageCount: 0, transferDeadLetterMessageCount: 0 });
    expect(runtime.sizeInBytes).toBeGreaterThan(0);
    expect(runtime.accessedAt.getTime()).toBeGreaterThanOrEqual(runtime.createdAt.getTime());
    const listed = await all(admin.listQueuesRuntimeProperties());
    expect(listed.find((queue) => queue.name === name('counted'))).toMatchObject(counts);
    await receiver.completeMessage(locked);
    expect(await admin.getQueueRuntimeProperties(name('counted'))).toMatchObject({ activeMessageCount: 2 });
    await client.close();
  });

  it('speaks the older version, which knows no message size', async () => {
    const queue = await administration.older.createQueue(name('older'));
    expect(queue.maxMessageSizeInKilobytes).toBeUndefined();
    expect((await admin.getQueue(name('older'))).maxMessageSizeInKilobytes).toBe(256);
  });

  it('describes its namespace', async () => {
    const namespace = await admin.getNamespaceProperties();
    expect(namespace).toMatchObject({
      name: expect.any(String),
      messagingSku: expect.stringMatching(/Basic|Standard|Premium/),
    });
    expect(namespace.createdAt.getTime()).toBeLessThanOrEqual(Date.now());
  });
});
