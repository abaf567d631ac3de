import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { foreignMessages, sectionsOf, type Sections } from '../../../test/foreign-messages.js';
import { connectionStringTo, ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import type { Clock } from '../../clock.js';
import type { DeadLetter } from '../../dead-letter/dead-letters.js';
import { receive } from '../../testing/receive.js';
import type { TestedTransport } from '../../testing/transport-harness.js';
import type { TransportError } from '../../transport.js';
import { EncodedMessage } from './encoded-message.js';
import { bytesOf, keepReceivedBytes } from './received-bytes.js';

const tenMinutesMs = 600_000;
/** What the broker takes for one message, in bytes. */
const largest = 256 * 1_024;
const names = ['NServiceBus', 'MassTransit', 'Python', 'Python, a sequence'];

/** A header's fields, a property's place. */
const [timeToLive, messageId, expiry, creation] = [2, 0, 8, 9];
const brokers =
  /^x-opt-(sequence-number|enqueue-sequence-number|enqueued-time|locked-until|message-state|scheduled-enqueue-time)$/;
const ours = /^(messaging_|cloudEvents_(id|time)$)/;

describe('copies of messages that are not ours', () => {
  let environment: ServiceBusEnvironment;
  let client: ServiceBusClient;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
    client = new ServiceBusClient(connectionStringTo(environment.broker.port));
    keepReceivedBytes(client);
  });
  afterEach(async () => {
    await client.close();
    await environment.close();
  });

  it.each(names)('keep all of what %s wrote, retried', async (name) => {
    const sent = await send(name);
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    (await work.next()).settle({ kind: 'retry', delayMs: 60_000, reason: 'again' });
    await work.subscription.stop();
    await environment.advance(60_000);

    const copy = await take('work');
    expect(withoutOurs(copy.sections)).toEqual(withoutOurs(sent));
    expect(copy.sections.applicationProperties).toMatchObject({ messaging_round: '5201', messaging_attempts: '5201' });
    expect(copy.sections.properties.slice(expiry, creation + 1)).toEqual(sent.properties.slice(expiry, creation + 1));
    const left = (copy.message.expiresAtUtc?.getTime() ?? 0) - environment.now();
    expect(left).toBeLessThanOrEqual(tenMinutesMs - 60_000);
    expect(left).toBeGreaterThan(tenMinutesMs - 70_000);
  });

  it.each(names)(
    'keep all of what %s wrote, retried, dead-lettered and replayed with its time to live anew',
    async (name) => {
      const sent = await send(name);
      const transport = await environment.connect();
      const work = await receive(transport, 'work');
      const first = await work.next();
      first.settle({ kind: 'retry', delayMs: 60_000, reason: 'again' });
      await work.subscription.stop();
      await environment.advance(60_000);
      const again = await receive(transport, 'work');
      const second = await again.next();
      expect({ ...second.envelope, headers: {} }).toEqual({ ...first.envelope, headers: {} });
      expect(second.envelope.headers).toEqual(first.envelope.headers);
      second.settle({ kind: 'dead-letter', reason: 'Bug', detail: 'Fixed by now.' });
      await again.subscription.stop();

      expect(await transport.deadLetters.replay('work')).toMatchObject({ replayed: 1 });
      const copy = await take('work');
      expect(withoutOurs(copy.sections)).toEqual(withoutOurs(sent));
      expect(copy.sections.applicationProperties).not.toHaveProperty('messaging_time_to_live');
      expect(copy.sections.header[timeToLive]).toBe('70000927c0');
      const [expires, created] = [expiry, creation].map((field) => timestamp(copy.sections.properties[field]));
      expect(Number(expires) - Number(created)).toBe(tenMinutesMs);
    },
  );

  it.each([0, 3_600_000, -3_600_000])('expire when their original would, on a machine %d ms ahead', async (ms) => {
    await send('NServiceBus');
    const transport = await environment.connect({ clock: ahead(environment.clock, ms) });
    const work = await receive(transport, 'work');
    (await work.next()).settle({ kind: 'retry', delayMs: 0, reason: 'again' });
    const again = await work.next();
    expect(again.attempt).toBe(2);
    await environment.advance(60_000);
    again.settle({ kind: 'retry', delayMs: tenMinutesMs - 60_000, reason: 'again' });
    const [letter] = await deadLetters(transport);
    expect(letter).toMatchObject({ reason: 'Expired', attempt: 2, detail: expect.stringContaining('540000 ms') });
    expect(work.waiting).toBe(0);
  });

  it('are dead-lettered at once for the true reason where the copy is too large', async () => {
    const [foreign] = foreignMessages(environment.now());
    const bytes = foreign?.bytes ?? Buffer.of();
    // The broker takes just this, and no copy of it.
    const padding = Buffer.alloc(largest - bytes.length - 8, 'x');
    const more = Buffer.concat([Buffer.from('005375b0', 'hex'), Buffer.alloc(4), padding]);
    more.writeUInt32BE(padding.length, 4);
    await sendBytes('NServiceBus', Buffer.concat([bytes, more]));
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    (await work.next()).settle({ kind: 'retry', delayMs: 0, reason: 'again' });
    const [letter] = await deadLetters(transport);
    expect(letter).toMatchObject({ reason: 'MessageTooLarge', attempt: 1 });
    expect(work.errors).toEqual([]);
    // It does not fit with a replay's additions either, and stays.
    const failures: string[] = [];
    const onFailed = (_: DeadLetter, error: Error): number => failures.push((error as TransportError).code);
    const result = await transport.deadLetters.replay('work', { onFailed });
    expect([result, failures]).toEqual([{ replayed: 0, failed: 1, skipped: 0, handedBack: 1 }, ['MessageTooLarge']]);
  });

  it.each(['amqp:decode-error', 'com.microsoft:argument-error'] as const)(
    'are dead-lettered at once where the broker refuses them for what they are: %s',
    async (condition) => {
      await send('NServiceBus');
      const transport = await environment.connect();
      const work = await receive(transport, 'work');
      environment.broker.faults.add({ kind: 'refuse-sends', entity: 'work', condition });
      (await work.next()).settle({ kind: 'retry', delayMs: 0, reason: 'again' });
      const [letter] = await deadLetters(transport);
      expect(letter).toMatchObject({ reason: 'CopyRefused', attempt: 1, detail: expect.stringContaining('A fault') });
      expect(work.errors).toEqual([]);
    },
  );

  it.each(['amqp:not-allowed', 'amqp:not-implemented'] as const)(
    'are tried again where the broker refuses them for another reason (%s), and carry what was until a replay',
    async (condition) => {
      await send('MassTransit');
      const transport = await environment.connect();
      const work = await receive(transport, 'work');
      (await work.next()).settle({ kind: 'retry', delayMs: 0, reason: 'first' });
      const second = await work.next();
      environment.broker.faults.add({ kind: 'refuse-sends', entity: 'work', condition });
      second.settle({ kind: 'retry', delayMs: 0, reason: 'second' });
      await environment.advance(environment.lockDurationMs);
      const third = await work.next();
      expect(work.errors).toMatchObject([{ code: 'SettlementFailed' }]);
      expect(third).toMatchObject({ attempt: 3, unsettled: 1, firstFailure: 'first' });
      third.settle({ kind: 'release', delayMs: 60_000 });
      await work.subscription.stop();
      const carried = { messaging_first_failure: 'first', messaging_unsettled: 1, messaging_attempts: 2 };
      expect(await propertiesAt('work')).toMatchObject(carried);

      await environment.advance(60_000);
      const again = await receive(transport, 'work');
      const fourth = await again.next();
      expect(fourth).toMatchObject({ attempt: 3, unsettled: 1, firstFailure: 'first' });
      fourth.settle({ kind: 'dead-letter', reason: 'Bug', detail: 'Fixed by now.' });
      await again.subscription.stop();
      await transport.deadLetters.replay('work');
      const replayed = await propertiesAt('work');
      expect(replayed).toMatchObject({ messaging_generation: 1 });
      for (const name of Object.keys(carried)) expect(replayed).not.toHaveProperty(name);
    },
  );

  /** The application properties of the first message in a queue, which stays there. */
  async function propertiesAt(queue: string): Promise<object> {
    const [message] = await client.createReceiver(queue).peekMessages(1);
    return message?.applicationProperties ?? {};
  }

  /** Waits for the first dead letter of `work`. */
  async function deadLetters(transport: TestedTransport): Promise<readonly DeadLetter[]> {
    for (;;) {
      const { letters } = await transport.deadLetters.peek('work');
      if (letters.length > 0) return letters;
    }
  }

  /** Sends the message that `name` stands for, and gives it back as a receiver finds it. */
  async function send(name: string): Promise<Sections> {
    const chosen = foreignMessages(environment.now()).find((foreign) => foreign.name === name);
    if (chosen === undefined) throw new Error(`There is no message of ${name}.`);
    await sendBytes(name, chosen.bytes);
    return sectionsOf(chosen.bytes);
  }

  async function sendBytes(name: string, bytes: Buffer): Promise<void> {
    const sender = client.createSender('work');
    const notAtAll = (): never => {
      throw new Error('The SDK takes no bytes any more.');
    };
    await new EncodedMessage({ id: name, bytes, otherwise: notAtAll }).sendWith(sender, {
      abortSignal: new AbortController().signal,
    });
  }

  async function take(queue: string): Promise<{ message: ServiceBusReceivedMessage; sections: Sections }> {
    const receiver = client.createReceiver(queue, { skipParsingBodyAsJson: true });
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2_000 });
    if (message === undefined) throw new Error(`There is nothing in ${queue}.`);
    const sections = sectionsOf(bytesOf(message) ?? Buffer.of());
    await receiver.completeMessage(message);
    return { message, sections };
  }
});

/** The same time as `clock` has, on a machine that is `ms` ahead of it. */
function ahead(clock: Clock, ms: number): Clock {
  return {
    now: () => clock.now() + ms,
    elapsed: () => clock.elapsed(),
    schedule: (at, action) => clock.schedule(at - ms, action),
  };
}

/** What a copy must have of its original: all but the broker's annotations, its id, our properties and its lifetime. */
function withoutOurs({ annotations, properties, applicationProperties, body }: Sections): object {
  const isKept = (field: number): boolean => ![messageId, expiry, creation].includes(field);
  const keep = (entries: Readonly<Record<string, string>>, dropped: RegExp): object =>
    Object.fromEntries(Object.entries(entries).filter(([name]) => !dropped.test(name)));
  return {
    annotations: keep(annotations, brokers),
    properties: properties.filter((_, field) => isKept(field)),
    applicationProperties: keep(applicationProperties, ours),
    body,
  };
}

function timestamp(hex: string | undefined): bigint {
  return Buffer.from(String(hex), 'hex').readBigInt64BE(1);
}
