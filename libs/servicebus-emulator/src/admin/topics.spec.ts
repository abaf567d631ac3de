import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServiceBusAdministrationClient } from '@azure/service-bus';
import { ServiceBusClient } from '@azure/service-bus';
import { type Broker, startBroker } from '../broker.js';
import { adminClient, all } from '../testing/admin.js';

const FOREVER = 'P10675199DT2H48M5.4775807S';

let broker: Broker;
let admin: ServiceBusAdministrationClient;
beforeAll(async () => {
  broker = await startBroker();
  admin = adminClient(broker);
});
afterAll(() => broker.close());

describe('topics and subscriptions', () => {
  it("have Azure's defaults", async () => {
    const { _response, ...topic } = await admin.createTopic('defaults');
    expect(_response.status).toBe(201);
    expect(topic).toEqual({
      name: 'defaults',
      maxSizeInMegabytes: 1024,
      maxMessageSizeInKilobytes: 256,
      defaultMessageTimeToLive: FOREVER,
      autoDeleteOnIdle: FOREVER,
      duplicateDetectionHistoryTimeWindow: 'PT10M',
      enableBatchedOperations: true,
      enablePartitioning: false,
      enableExpress: false,
      requiresDuplicateDetection: false,
      supportOrdering: true,
      status: 'Active',
      availabilityStatus: 'Available',
      authorizationRules: undefined,
      userMetadata: undefined,
    });
    const { _response: created, ...subscription } = await admin.createSubscription('defaults', 'first');
    expect(created.status).toBe(201);
    expect(subscription).toEqual({
      topicName: 'defaults',
      subscriptionName: 'first',
      lockDuration: 'PT1M',
      maxDeliveryCount: 10,
      requiresSession: false,
      enableBatchedOperations: true,
      defaultMessageTimeToLive: FOREVER,
      autoDeleteOnIdle: FOREVER,
      deadLetteringOnMessageExpiration: false,
      deadLetteringOnFilterEvaluationExceptions: true,
      status: 'Active',
      availabilityStatus: 'Available',
      forwardTo: undefined,
      forwardDeadLetteredMessagesTo: undefined,
      userMetadata: undefined,
    });
  });

  it('are updated, listed, counted and deleted', async () => {
    await admin.createTopic('life');
    for (const name of ['b', 'a', 'c']) await admin.createSubscription('life', name);
    expect((await all(admin.listSubscriptions('life'))).map((one) => one.subscriptionName)).toEqual(['a', 'b', 'c']);
    const subscription = await admin.getSubscription('life', 'a');
    await admin.updateSubscription({ ...subscription, maxDeliveryCount: 2, forwardTo: 'defaults' });
    const uri = `sb://127.0.0.1:${broker.port}/defaults`;
    expect(await admin.getSubscription('life', 'a')).toMatchObject({ maxDeliveryCount: 2, forwardTo: uri });
    const topic = await admin.getTopic('life');
    await admin.updateTopic({ ...topic, userMetadata: 'new' });
    expect((await admin.getTopic('life')).userMetadata).toBe('new');
    expect(await admin.getTopicRuntimeProperties('life')).toMatchObject({ subscriptionCount: 3 });
    const client = new ServiceBusClient(broker.connectionString);
    await client.createSender('life').sendMessages({ body: 'x' });
    await client.close();
    const counts = { activeMessageCount: 1, totalMessageCount: 1, deadLetterMessageCount: 0 };
    expect(await admin.getSubscriptionRuntimeProperties('life', 'b')).toMatchObject(counts);
    expect((await all(admin.listSubscriptionsRuntimeProperties('life')))[2]).toMatchObject(counts);
    await admin.deleteSubscription('life', 'c');
    expect(await admin.subscriptionExists('life', 'c')).toBe(false);
    await admin.deleteTopic('life');
    expect(await admin.topicExists('life')).toBe(false);
    await expect(admin.createSubscription('life', 'd')).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('rules', () => {
  it('begin with $Default, or with the one that is given', async () => {
    await admin.createTopic('rules');
    await admin.createSubscription('rules', 'all');
    const [rule, ...others] = await all(admin.listRules('rules', 'all'));
    expect(others).toEqual([]);
    expect(rule).toMatchObject({ name: '$Default', filter: { sqlExpression: '1=1' } });
    const defaultRuleOptions = { name: 'mine', filter: { subject: 'a' } };
    await admin.createSubscription('rules', 'own', { defaultRuleOptions });
    expect((await all(admin.listRules('rules', 'own'))).map(({ name }) => name)).toEqual(['mine']);
  });

  it('keep filters, actions and typed parameters', async () => {
    await admin.createSubscription('rules', 'typed');
    const date = new Date('2026-11-21T00:00:00.000Z');
    const sqlParameters = { '@p': 'x', '@n': 2, '@b': true };
    const sql = { sqlExpression: 'a = @p AND b < 1.5', sqlParameters };
    const action = { sqlExpression: "SET sys.Label = 'new'" };
    expect(await admin.createRule('rules', 'typed', 'sql', sql, action)).toMatchObject({ filter: sql, action });
    const correlation = { subject: 's', correlationId: 'c & d', applicationProperties: { colour: 'red', at: date } };
    await admin.createRule('rules', 'typed', 'correlation', correlation);
    expect((await admin.getRule('rules', 'typed', 'correlation')).filter).toMatchObject(correlation);
    const rule = await admin.getRule('rules', 'typed', 'sql');
    await admin.updateRule('rules', 'typed', { ...rule, filter: { sqlExpression: 'a = 1' } });
    expect((await admin.getRule('rules', 'typed', 'sql')).filter).toMatchObject({ sqlExpression: 'a = 1' });
    await admin.deleteRule('rules', 'typed', 'sql');
    expect(await admin.ruleExists('rules', 'typed', 'sql')).toBe(false);
  });

  it('are refused with the place of the mistake', async () => {
    const refused = admin.createRule('rules', 'all', 'broken', { sqlExpression: 'a ==' });
    await expect(refused).rejects.toMatchObject({ statusCode: 400, message: expect.stringContaining('column') });
    await expect(admin.createRule('rules', 'all', '$Default', { subject: 'x' })).rejects.toMatchObject({
      statusCode: 409,
    });
  });
});
