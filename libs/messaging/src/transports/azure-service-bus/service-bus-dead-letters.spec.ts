import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient } from '@azure/service-bus';
import { connectionStringTo, ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { deadLetter, deadLetterIds } from '../../testing/dead-letter-messages.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import { firstDelivery, nextGeneration } from '../../delivery-state.js';
import { toNative } from '../../native-message.js';
import { toServiceBusMessage } from './service-bus-message.js';

describe('dead letters on Service Bus', () => {
  let environment: ServiceBusEnvironment;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
  });
  afterEach(() => environment.close());

  it('sends nothing twice when a replay died between sending and completing', async () => {
    const transport = await environment.connect();
    await deadLetter(transport, ['m']);
    const client = new ServiceBusClient(connectionStringTo(environment.broker.port));
    const copy = toNative(outgoing('m').envelope, nextGeneration(firstDelivery));
    await client.createSender('work').sendMessages(toServiceBusMessage(copy));
    await client.close();

    expect(await transport.deadLetters.replay('work')).toEqual({ replayed: 1, failed: 0, skipped: 0 });
    expect(await deadLetterIds(transport)).toEqual([]);
    const work = await receive(transport, 'work');
    expect((await work.complete()).envelope.id).toBe('m');
    await transport.send([outgoing('fence')]);
    expect((await work.complete()).envelope.id).toBe('fence');
  });

  it('looks into, replays and discards what could not be transferred, to a queue that has to be named', async () => {
    const transport = await environment.connect();
    await deadLetter(transport, ['1', '2']);
    const { namespace, clock } = environment.broker;
    const entity = namespace.registry.get('work');
    if (entity.kind !== 'queue') throw new Error('There is no queue.');
    // Only a transaction of another client fills that queue; here its letters are put there.
    for (const letter of [...entity.deadLetters.from(0)]) {
      entity.transferDeadLetters.publish(entity.transferDeadLetters.prepare({ ...letter }), clock.now());
    }
    const place = 'work/$transfer';
    const { letters } = await transport.deadLetters.peek(place);
    expect(letters.map(({ id, reason }) => [id, reason])).toEqual([
      ['1', 'Refused'],
      ['2', 'Refused'],
    ]);
    expect(await transport.inspection?.counts(place)).toEqual({ active: 0, deadLetters: 2 });
    await expect(transport.deadLetters.replay(place)).rejects.toMatchObject({ code: 'InvalidOptions' });
    const filter = ({ id }: { readonly id: string }): boolean => id === '1';
    expect(await transport.deadLetters.replay(place, { to: 'work', filter })).toMatchObject({ replayed: 1 });
    expect(await transport.deadLetters.discard(place)).toMatchObject({ discarded: 1 });
    expect((await transport.deadLetters.peek(place)).letters).toEqual([]);
    expect(await deadLetterIds(transport)).toEqual(['1', '2']);
    const work = await receive(transport, 'work');
    expect((await work.complete()).envelope.id).toBe('1');
  });

  it('goes on past a letter that the broker refuses, says why, and leaves it as it was', async () => {
    const transport = await environment.connect();
    await deadLetter(transport, ['1', '2', '3', '4']);
    environment.broker.faults.add({
      kind: 'refuse-sends',
      entity: 'work',
      condition: 'amqp:decode-error',
      times: 1_000,
    });
    const failures = new Map<string, string>();
    const onFailed = ({ id }: { readonly id: string }, error: Error): unknown => failures.set(id, error.message);
    const filter = ({ id }: { readonly id: string }): boolean => id !== '3';
    const result = await transport.deadLetters.replay('work', { filter, onFailed });
    expect(result).toEqual({ replayed: 0, failed: 3, skipped: 0, handedBack: 4 });
    expect([...failures.keys()].sort()).toEqual(['1', '2', '4']);
    for (const [id, why] of failures) expect(why).toContain(`send message ${id} to queue "work"`);
    environment.broker.faults.clear();

    const { letters } = await transport.deadLetters.peek('work');
    expect(letters.map(({ id, attempt, generation }) => [id, attempt, generation])).toEqual(
      ['1', '2', '3', '4'].map((id) => [id, 1, 0]),
    );
    // Nothing is locked: no time has to pass.
    expect(await transport.deadLetters.replay('work')).toEqual({ replayed: 4, failed: 0, skipped: 0 });
    const work = await receive(transport, 'work');
    const seen: string[] = [];
    while (seen.length < 4) seen.push((await work.complete()).envelope.id);
    expect(seen.sort()).toEqual(['1', '2', '3', '4']);
  });

  it.each([
    ['amqp:resource-limit-exceeded', 'QueueFull'],
    ['amqp:not-allowed', 'BrokerError'],
  ] as const)('ends with the trouble of the broker (%s), and hands back all it held', async (condition, code) => {
    const transport = await environment.connect();
    await deadLetter(transport, ['1', '2', '3']);
    environment.broker.faults.add({ kind: 'refuse-sends', entity: 'work', condition });
    const filter = ({ id }: { readonly id: string }): boolean => id !== '2';
    const trouble = { name: 'TransportError', code };
    await expect(transport.deadLetters.replay('work', { filter })).rejects.toMatchObject(trouble);
    expect(await deadLetterIds(transport)).toEqual(['1', '2', '3']);
    expect(await transport.deadLetters.replay('work')).toEqual({ replayed: 3, failed: 0, skipped: 0 });
  });

  it('skips a letter that another has locked', async () => {
    const transport = await environment.connect();
    await deadLetter(transport, ['1', '2', '3', '4']);
    const client = new ServiceBusClient(connectionStringTo(environment.broker.port));
    const other = client.createReceiver('work', { subQueueType: 'deadLetter' });
    const [locked] = await other.receiveMessages(1);
    const filter = ({ id }: { readonly id: string }): boolean => id === '1' || id === '3';
    const result = await transport.deadLetters.replay('work', { filter });
    expect(result).toEqual({ replayed: 1, failed: 0, skipped: 1, handedBack: 2 });
    expect(await deadLetterIds(transport)).toEqual(['1', '2', '4']);
    if (locked !== undefined) await other.abandonMessage(locked);
    await client.close();
    expect(await transport.deadLetters.replay('work')).toEqual({ replayed: 3, failed: 0, skipped: 0 });
  });

  it('takes nothing that it only looks at', async () => {
    const transport = await environment.connect();
    await deadLetter(transport, ['1', '2', '3', '4']);
    const filter = ({ id }: { readonly id: string }): boolean => id === '2';
    const result = { replayed: 1, failed: 0, skipped: 0, handedBack: 1 };
    expect(await transport.deadLetters.replay('work', { filter })).toEqual(result);
    const client = new ServiceBusClient(connectionStringTo(environment.broker.port));
    const left = await client.createReceiver('work', { subQueueType: 'deadLetter' }).receiveMessages(3);
    // In a dead-letter queue no deliveries are counted, neither here nor on Azure.
    expect(left.map(({ messageId, deliveryCount }) => [messageId, deliveryCount])).toEqual([
      ['1', 0],
      ['3', 0],
      ['4', 0],
    ]);
    await client.close();
  });

  it('replays from a subscription to the queue named', async () => {
    const transport = await environment.connect();
    const place = 'happenings/subscriptions/other';
    const { namespace, clock } = environment.broker;
    const setStatus = (status: 'SendDisabled' | 'Active') => namespace.update('other', { status }, clock.now());
    await expect(transport.deadLetters.replay(place)).rejects.toMatchObject({
      code: 'InvalidOptions',
      message: expect.stringContaining('Name the queue'),
    });
    setStatus('SendDisabled');
    await transport.send([outgoing('m', { type: 'other.happened' }, { topic: 'happenings' })]);
    expect((await transport.deadLetters.peek(place)).letters).toMatchObject([{ id: 'm', generation: 0 }]);
    setStatus('Active');
    const result = await transport.deadLetters.replay(place, { to: 'other' });
    expect(result).toEqual({ replayed: 1, failed: 0, skipped: 0 });
    const other = await receive(transport, 'other');
    expect((await other.complete()).envelope).toMatchObject({ id: 'm', type: 'other.happened' });
    expect((await transport.deadLetters.peek(place)).letters).toEqual([]);
  });

  it('replays again what it sent and could not remove, and the broker keeps one copy', async () => {
    const transport = await environment.connect({ requestTimeoutMs: 300 });
    await deadLetter(transport, ['m', 'next']);
    environment.broker.faults.add({ kind: 'lose-settlements', entity: 'work' });
    await expect(transport.deadLetters.replay('work')).rejects.toMatchObject({ name: 'TransportError' });
    expect(await deadLetterIds(transport)).toEqual(['m']);
    await environment.advance(environment.lockDurationMs);
    expect(await transport.deadLetters.replay('work')).toEqual({ replayed: 1, failed: 0, skipped: 0 });
    const work = await receive(transport, 'work');
    expect((await work.complete()).envelope.id).toBe('m');
    expect((await work.complete()).envelope.id).toBe('next');
    await transport.send([outgoing('fence')]);
    expect((await work.complete()).envelope.id).toBe('fence');
  });

  it('keeps what it holds locked for as long as it takes', async () => {
    const transport = await environment.connect({ requestTimeoutMs: 20_000 });
    await deadLetter(transport, ['1', '2', '3']);
    environment.broker.faults.add({ kind: 'delay-settlements', entity: 'work', delayMs: 150_000 });
    const filter = ({ id }: { readonly id: string }): boolean => id !== '2';
    let isDone = false;
    const replay = transport.deadLetters.replay('work', { filter }).finally(() => (isDone = true));
    const result = replay.catch((error: unknown) => error);
    while (!isDone) await environment.advance(environment.lockDurationMs / 8);
    expect(await result).toEqual({ replayed: 2, failed: 0, skipped: 0, handedBack: 1 });
    const { letters } = await transport.deadLetters.peek('work');
    expect(letters.map(({ id, attempt }) => [id, attempt])).toEqual([['2', 1]]);
  });

  it('hands back each letter with its own count of releases', async () => {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    await transport.send(['1', '2', '3'].map((id) => outgoing(id)));
    const refuse = async (id: string): Promise<void> => {
      const delivery = await work.next();
      expect(delivery.envelope.id).toBe(id);
      delivery.settle({ kind: 'dead-letter', reason: 'Refused', detail: 'The test wanted it so.' });
    };
    await refuse('1');
    (await work.next()).settle({ kind: 'release' });
    await refuse('2');
    await refuse('3');
    await work.subscription.stop();
    const filter = ({ id }: { readonly id: string }): boolean => id === '3';
    const result = { replayed: 1, failed: 0, skipped: 0, handedBack: 2 };
    expect(await transport.deadLetters.replay('work', { filter })).toEqual(result);
    const { letters } = await transport.deadLetters.peek('work');
    expect(letters.map(({ id, attempt }) => [id, attempt])).toEqual([
      ['1', 1],
      ['2', 1],
    ]);
  });

  it.each(['', '-1', '1a', 'a1', '1.5', '12345678901234567890'])('refuses %p as the place of a page', async (from) => {
    const transport = await environment.connect();
    await expect(transport.deadLetters.peek('work', { from })).rejects.toMatchObject({
      code: 'InvalidOptions',
      message: expect.stringContaining(`"${from}" is no place in a dead-letter queue`),
    });
  });

  it('refuses once the transport is closed', async () => {
    const transport = await environment.connect();
    await transport.close();
    const closed = { name: 'TransportError', code: 'Closed', retryable: false };
    await expect(transport.deadLetters.peek('work')).rejects.toMatchObject(closed);
    await expect(transport.deadLetters.replay('work')).rejects.toMatchObject(closed);
  });

  it('gives a message without an id one that it keeps, through dead-lettering and replay', async () => {
    const transport = await environment.connect();
    const client = new ServiceBusClient(connectionStringTo(environment.broker.port));
    await client.createSender('work').sendMessages({ body: Buffer.from('{}') });
    await client.close();
    const work = await receive(transport, 'work');
    const first = await work.next();
    expect(first.envelope).toMatchObject({ type: '', version: 0 });
    expect(first.envelope.id).not.toBe('');
    first.settle({ kind: 'dead-letter', reason: 'UnknownType', detail: 'It has no type.' });
    await transport.send([outgoing('fence')]);
    await work.complete();

    const { letters } = await transport.deadLetters.peek('work');
    expect(letters.map(({ id }) => id)).toEqual([first.envelope.id]);
    await transport.deadLetters.replay('work');
    expect((await work.complete()).envelope.id).toBe(first.envelope.id);
  });
});
