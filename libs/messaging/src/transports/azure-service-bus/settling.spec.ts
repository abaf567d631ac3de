import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient } from '@azure/service-bus';
import Long from 'long';
import { ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { deadLetterIds } from '../../testing/dead-letter-messages.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive, type Receiver } from '../../testing/receive.js';
import type { TestedTransport } from '../../testing/transport-harness.js';
import type { Settlement } from '../../transport.js';

const complete: Settlement = { kind: 'complete' };
const retry: Settlement = { kind: 'retry', delayMs: 0, reason: 'again' };
const deadLetter: Settlement = { kind: 'dead-letter', reason: 'Refused', detail: 'The test wanted it so.' };
const release: Settlement = { kind: 'release' };

describe('a settlement that fails', () => {
  let environment: ServiceBusEnvironment;
  let transport: TestedTransport;
  let work: Receiver;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
    // What the broker never answers is given up after this time.
    transport = await environment.connect({ requestTimeoutMs: 300 });
    work = await receive(transport, 'work');
  });
  afterEach(() => environment.close());

  /** Waits until the transport has reported this many failures, giving way in between. */
  async function reported(count: number): Promise<void> {
    while (work.errors.length < count) await new Promise((resolve) => setImmediate(resolve));
  }

  /** The queue's next deliveries are these and no others, each with its attempt. */
  async function expectNext(...deliveries: readonly (readonly [id: string, attempt: number])[]): Promise<void> {
    await transport.send([outgoing('fence')]);
    const seen: [string, number][] = [];
    for (let left = deliveries.length + 1; left > 0; left -= 1) {
      const { envelope, attempt } = await work.complete();
      seen.push([envelope.id, attempt]);
    }
    expect(seen).toEqual([...deliveries, ['fence', 1]]);
  }

  it('does not complete a message whose retry could not be sent: it is delivered again', async () => {
    await transport.send([outgoing('m')]);
    environment.broker.faults.add({
      kind: 'refuse-sends',
      entity: 'work',
      condition: 'amqp:resource-limit-exceeded',
    });
    (await work.next()).settle(retry);
    await reported(1);
    expect(work.errors).toEqual([
      expect.objectContaining({
        code: 'SettlementFailed',
        retryable: true,
        message: expect.stringMatching(/^Message m of queue "work" may not have been settled/),
        cause: expect.objectContaining({ name: 'TransportError' }),
      }),
    ]);
    // Nothing renews its lock any more.
    await environment.advance(environment.lockDurationMs);
    await expectNext(['m', 2]);
  });

  it('makes twins when a retry was sent and its original not completed, of which the broker keeps one', async () => {
    await transport.send([outgoing('m')]);
    const first = await work.next();
    environment.broker.faults.disrupt({ kind: 'expire-locks', entity: 'work' });
    first.settle(retry);
    const again = await work.next();
    expect([again.envelope.id, again.attempt]).toEqual(['m', 2]);
    expect(work.errors.map(({ code }) => code)).toEqual(['SettlementFailed']);
    again.settle(retry);
    await expectNext(['m', 2]);
  });

  it.each([
    { settlement: deadLetter, what: 'dead-lettering' },
    { settlement: release, what: 'release' },
    { settlement: complete, what: 'completion' },
  ])('delivers a message again whose $what was lost', async ({ settlement }) => {
    await transport.send([outgoing('m')]);
    environment.broker.faults.add({ kind: 'lose-settlements', entity: 'work' });
    (await work.next()).settle(settlement);
    await reported(1);
    expect(work.errors.map(({ code }) => code)).toEqual(['SettlementFailed']);
    await environment.advance(environment.lockDurationMs);
    await expectNext(['m', 2]);
    expect(await deadLetterIds(transport)).toEqual([]);
  });

  it.each([complete, retry, deadLetter, release])(
    'applies nothing once the lock was lost, and aborts the handler: $kind',
    async (settlement) => {
      await transport.send([outgoing('m')]);
      const running = await work.next();
      const aborted = once(running.signal, 'abort');
      environment.broker.faults.disrupt({ kind: 'expire-locks', entity: 'work' });
      const rival = await receive(await environment.connect(), 'work');
      const taken = await rival.next();
      expect([taken.envelope.id, taken.attempt]).toEqual(['m', 2]);

      // The next renewal finds out.
      await environment.advance(environment.lockDurationMs / 2);
      await aborted;
      running.settle(settlement);
      await reported(1);
      expect(work.errors[0]).toMatchObject({ code: 'SettlementFailed', cause: { code: 'LockLost' } });
      taken.settle(complete);
      await rival.subscription.stop();
      await expectNext();
      expect(await deadLetterIds(transport)).toEqual([]);
    },
  );

  it('takes reason and detail of any length', async () => {
    await transport.send([outgoing('m')]);
    const detail = 'd'.repeat(5_000);
    (await work.next()).settle({ kind: 'dead-letter', reason: 'r'.repeat(5_000), detail });
    await expectNext();
    expect(work.errors).toEqual([]);
    const { letters } = await transport.deadLetters.peek('work');
    expect(letters.map(({ reason, detail }) => [reason, detail])).toEqual([['r'.repeat(4_096), 'd'.repeat(4_096)]]);
  });
});

describe('a connection that was lost', () => {
  let environment: ServiceBusEnvironment;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
  });
  afterEach(() => environment.close());

  it.each([
    { settlement: complete, left: [], dead: [] },
    { settlement: retry, left: [['m', 2]], dead: [] },
    { settlement: release, left: [['m', 1]], dead: [] },
    { settlement: deadLetter, left: [], dead: ['m'] },
  ])(
    'does not keep what it brought from being settled while a stop waits: $settlement.kind',
    async ({ settlement, left, dead }) => {
      const transport = await environment.connect({ requestTimeoutMs: 20_000 });
      const work = await receive(transport, 'work');
      await transport.send([outgoing('m')]);
      const running = await work.next();
      await environment.interrupt();
      const stopped = work.subscription.stop();
      running.settle(settlement);
      await stopped;
      expect(work.errors.filter(({ code }) => code === 'SettlementFailed')).toEqual([]);

      // What was not settled would come again, once its lock has run out.
      await environment.advance(environment.lockDurationMs);
      const rest = await receive(await environment.connect(), 'work');
      await transport.send([outgoing('fence')]);
      const seen: [string, number][] = [];
      while (seen.at(-1)?.[0] !== 'fence') {
        const { envelope, attempt } = await rest.complete();
        seen.push([envelope.id, attempt]);
      }
      expect(seen).toEqual([...left, ['fence', 1]]);
      expect(await deadLetterIds(transport)).toEqual(dead);
    },
  );

  it.each(['drop-connections', 'detach-links'] as const)(
    'does not keep what it brought from being settled once there is another: %s',
    async (kind) => {
      const transport = await environment.connect({ requestTimeoutMs: 20_000, maxReconnectDelayMs: 50 });
      const work = await receive(transport, 'work', 2);
      await transport.send([outgoing('1')]);
      const running = await work.next();
      environment.broker.faults.disrupt({ kind, entity: 'work' });
      await transport.send([outgoing('2')]);
      // Brought by the new link; the lock on the first is of the old one.
      expect((await work.complete()).envelope.id).toBe('2');
      running.settle(complete);
      await work.subscription.stop();
      expect(work.errors.filter(({ code }) => code === 'SettlementFailed')).toEqual([]);
      await environment.advance(environment.lockDurationMs);
      const rest = await receive(await environment.connect(), 'work');
      await transport.send([outgoing('fence')]);
      expect((await rest.complete()).envelope.id).toBe('fence');
    },
  );
});

describe('a stop', () => {
  let environment: ServiceBusEnvironment;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
  });
  afterEach(() => environment.close());

  it('waits for the answer of the broker to what it settled last', async () => {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m')]);
    const running = await work.next();
    environment.broker.faults.add({ kind: 'delay-settlements', entity: 'work', delayMs: 30_000 });
    let stopped = false;
    const stop = work.subscription.stop().then(() => (stopped = true));
    running.settle(complete);
    // Time enough for a stop that does not wait.
    for (let looks = 0; looks < 10; looks += 1) await transport.deadLetters.peek('work');
    expect(stopped).toBe(false);
    environment.broker.clock.advance(30_000);
    await stop;
    expect(work.errors).toEqual([]);
    environment.broker.clock.advance(environment.lockDurationMs);
    const rest = await receive(transport, 'work');
    await transport.send([outgoing('fence')]);
    expect((await rest.complete()).envelope.id).toBe('fence');
  });
});

describe('the copy of a retry', () => {
  let environment: ServiceBusEnvironment;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
  });
  afterEach(() => environment.close());

  it('has a native id of its generation and round; attempts, crashes and releases are not part of it', async () => {
    const transport = await environment.connect();
    const client = new ServiceBusClient(environment.broker.connectionString);
    const looking = client.createReceiver('work');
    const seen: unknown[] = [];
    const work = await receive(transport, 'work');
    const settleNext = async (settlement: Settlement): Promise<void> => {
      const delivery = await work.next();
      const [native] = await looking.peekMessages(1, { fromSequenceNumber: Long.ONE });
      seen.push([native?.messageId, delivery.attempt]);
      delivery.settle(settlement);
    };
    await transport.send([outgoing('m')]);
    await settleNext(release);
    const lost = await work.next();
    environment.broker.faults.disrupt({ kind: 'expire-locks', entity: 'work' });
    lost.settle(complete);
    await settleNext(retry);
    await settleNext(retry);
    await settleNext(deadLetter);
    await transport.send([outgoing('fence')]);
    expect((await work.complete()).envelope.id).toBe('fence');
    expect(await transport.deadLetters.replay('work')).toEqual({ replayed: 1, failed: 0, skipped: 0 });
    await settleNext(retry);
    await settleNext(complete);
    await client.close();
    expect(seen).toEqual([
      ['m', 1],
      ['m', 2],
      ['m/0/1', 3],
      ['m/0/2', 4],
      ['m/1/0', 1],
      ['m/1/1', 2],
    ]);
  });
});
