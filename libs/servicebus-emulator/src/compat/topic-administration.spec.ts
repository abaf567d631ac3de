import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServiceBusAdministrationClient } from '@azure/service-bus';
import { ServiceBusClient } from '@azure/service-bus';
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

describe('topics and subscriptions', () => {
  it("have Azure's defaults", async () => {
    const { _response, ...topic } = await admin.createTopic(name('defaults'));
    expect(_response.status).toBe(201);
    expect(topic).toEqual({
      name: name('defaults'),
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
    const { _response: created, ...subscription } = await admin.createSubscription(name('defaults'), 'first');
    expect(created.status).toBe(201);
    expect(subscription).toEqual({
      topicName: name('defaults'),
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
    await admin.createTopic(name('life'));
    for (const subscription of ['b', 'a', 'c']) await admin.createSubscription(name('life'), subscription);
    expect((await all(admin.listSubscriptions(name('life')))).map((one) => one.subscriptionName)).toEqual([
      'a',
      'b',
      'c',
    ]);
    const subscription = await admin.getSubscription(name('life'), 'a');
    await admin.updateSubscription({ ...subscription, maxDeliveryCount: 2, forwardTo: name('defaults') });
    const uri = administration.uri(name('defaults'));
    expect(await admin.getSubscription(name('life'), 'a')).toMatchObject({ maxDeliveryCount: 2, forwardTo: uri });
    const topic = await admin.getTopic(name('life'));
    await admin.updateTopic({ ...topic, userMetadata: 'new' });
    expect((await admin.getTopic(name('life'))).userMetadata).toBe('new');
    expect(await admin.getTopicRuntimeProperties(name('life'))).toMatchObject({ subscriptionCount: 3 });
    const client = new ServiceBusClient(administration.connectionString);
    await client.createSender(name('life')).sendMessages({ body: 'x' });
    await client.close();
    const counts = { activeMessageCount: 1, totalMessageCount: 1, deadLetterMessageCount: 0 };
    expect(await admin.getSubscriptionRuntimeProperties(name('life'), 'b')).toMatchObject(counts);
    expect((await all(admin.listSubscriptionsRuntimeProperties(name('life'))))[2]).toMatchObject(counts);
    await admin.deleteSubscription(name('life'), 'c');
    expect(await admin.subscriptionExists(name('life'), 'c')).toBe(false);
    await admin.deleteTopic(name('life'));
    expect(await admin.topicExists(name('life'))).toBe(false);
    await expect(admin.createSubscription(name('life'), 'd')).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('rules', () => {
  it('begin with $Default, or with the one that is given', async () => {
    await admin.createTopic(name('rules'));
    await admin.createSubscription(name('rules'), 'all');
    const [rule, ...others] = await all(admin.listRules(name('rules'), 'all'));
    expect(others).toEqual([]);
    expect(rule).toMatchObject({ name: '$Default', filter: { sqlExpression: '1=1' } });
    const defaultRuleOptions = { name: 'mine', filter: { subject: 'a' } };
    await admin.createSubscription(name('rules'), 'own', { defaultRuleOptions });
    expect((await all(admin.listRules(name('rules'), 'own'))).map((rule) => rule.name)).toEqual(['mine']);
  });

  it('keep filters, actions and typed parameters', async () => {
    await admin.createSubscription(name('rules'), 'typed');
    const date = new Date('2026-11-21T00:00:00.000Z');
    const sqlParameters = { '@p': 'x', '@n': 2, '@b': true };
    const sql = { sqlExpression: 'a = @p AND b < 1.5', sqlParameters };
    const action = { sqlExpression: "SET sys.Label = 'new'" };
    expect(await admin.createRule(name('rules'), 'typed', 'sql', sql, action)).toMatchObject({ filter: sql, action });
    const correlation = { subject: 's', correlationId: 'c & d', applicationProperties: { colour: 'red', at: date } };
    await admin.createRule(name('rules'), 'typed', 'correlation', correlation);
    expect((await admin.getRule(name('rules'), 'typed', 'correlation')).filter).toMatchObject(correlation);
    const rule = await admin.getRule(name('rules'), 'typed', 'sql');
    await admin.updateRule(name('rules'), 'typed', { ...rule, filter: { sqlExpression: 'a = 1' } });
    expect((await admin.getRule(name('rules'), 'typed', 'sql')).filter).toMatchObject({ sqlExpression: 'a = 1' });
    await admin.deleteRule(name('rules'), 'typed', 'sql');
    expect(await admin.ruleExists(name('rules'), 'typed', 'sql')).toBe(false);
  });

  it('are refused with the place of the mistake', async () => {
    const refused = admin.createRule(name('rules'), 'all', 'broken', { sqlExpression: 'a ==' });
    await expect(refused).rejects.toMatchObject({ statusCode: 400, message: expect.stringContaining('column') });
    await expect(admin.createRule(name('rules'), 'all', '$Default', { subject: 'x' })).rejects.toMatchObject({
      statusCode: 409,
    });
  });
});
