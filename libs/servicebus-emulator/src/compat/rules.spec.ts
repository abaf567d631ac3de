import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('gives every subscription the messages its rules take', async () => {
  const topic = await namespace.createTopic();
  const all = await namespace.createSubscription(topic);
  const some = await namespace.createSubscription(topic);
  const rules = namespace.client.createRuleManager(topic, some);
  await rules.deleteRule('$Default');
  await rules.createRule('by-subject', { subject: 'order.accepted' });
  await rules.createRule('big', { sqlExpression: 'amount > 100' }, { sqlExpression: "SET flag = 'big'" });
  await namespace.client.createSender(topic).sendMessages([
    { body: 1, subject: 'order.accepted' },
    { body: 2, subject: 'order.rejected' },
    { body: 3, applicationProperties: { amount: 101 } },
  ]);
  /** So many, and what is left, which should be nothing. */
  const receive = async (subscription: string, count: number) => {
    const receiver = namespace.client.createReceiver(topic, subscription, { receiveMode: 'receiveAndDelete' });
    return [...(await receiver.receiveMessages(count)), ...(await receiver.peekMessages(10))];
  };
  expect((await receive(all, 3)).map(({ body }) => body)).toEqual([1, 2, 3]);
  const taken = await receive(some, 2);
  expect(taken.map(({ body }) => body)).toEqual([1, 3]);
  expect(taken[1]?.applicationProperties).toEqual({ amount: 101, flag: 'big', RuleName: 'big' });
});

it('lists rules as they were made', async () => {
  const topic = await namespace.createTopic();
  const subscription = await namespace.createSubscription(topic);
  const manager = namespace.client.createRuleManager(topic, subscription);
  await manager.createRule('correlated', { correlationId: 'c', applicationProperties: { a: 1 } });
  await manager.createRule('sql', { sqlExpression: 'a = 1' }, { sqlExpression: 'SET b = 2' });
  const rules = [];
  for await (const rule of manager.listRules()) rules.push(rule);
  expect(rules).toEqual([
    { name: '$Default', filter: { sqlExpression: '1=1' }, action: {} },
    expect.objectContaining({ name: 'correlated', filter: expect.objectContaining({ correlationId: 'c' }) }),
    {
      name: 'sql',
      filter: expect.objectContaining({ sqlExpression: 'a = 1' }),
      action: {
        sqlExpression: 'SET b = 2',
        requiresPreprocessing: undefined,
        sqlParameters: undefined,
        compatibilityLevel: undefined,
      },
    },
  ]);
  await expect(manager.createRule('sql', { sqlExpression: 'a = 1' })).rejects.toMatchObject({
    code: 'MessagingEntityAlreadyExists',
  });
  await expect(manager.deleteRule('missing')).rejects.toMatchObject({ code: 'MessagingEntityNotFound' });
});
