import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import { TransportError } from '../../transport.js';
import { createMemoryTransport, MemoryBroker } from './index.js';

const topology = { queues: ['work'] };

describe('the memory broker', () => {
  it('refuses what a full queue cannot hold, with an error that says so', async () => {
    const transport = createMemoryTransport({ topology, clock: new ManualClock(), maxMessages: 2 });
    await expect(transport.send([outgoing('1'), outgoing('2'), outgoing('3')])).rejects.toMatchObject({
      code: 'QueueFull',
      retryable: true,
      message: 'The queue "work" holds its maximum of 2 messages: consume them, or raise maxMessages.',
    });
    const work = await receive(transport, 'work');
    await work.complete();
    await work.complete();
    await work.subscription.stop();
    await transport.send([outgoing('3')]);
    await transport.close();
  });

  it('has room for the retry of a message of a full queue', async () => {
    const clock = new ManualClock();
    const transport = createMemoryTransport({ topology, clock, maxMessages: 1 });
    const work = await receive(transport, 'work');
    await transport.send([outgoing('1')]);
    (await work.next()).settle({ kind: 'retry', delayMs: 1_000, reason: 'again' });
    await clock.advance(1_000);
    expect((await work.complete()).attempt).toBe(2);
    await transport.close();
  });

  it('refuses a topology whose subscriptions forward to nowhere, naming each', () => {
    const topics = { events: { a: { forwardTo: 'nowhere' }, b: { forwardTo: 'work' }, c: { forwardTo: 'gone' } } };
    expect(() => createMemoryTransport({ topology: { ...topology, topics } })).toThrow(
      new TransportError(
        'InvalidTopology',
        'These queues do not exist: events/a forwards to "nowhere"; events/c forwards to "gone".',
        false,
      ),
    );
  });

  it('lets the lock of a consumer that broke its promise run out, and dead-letters what does so too often', async () => {
    const clock = new ManualClock();
    const transport = createMemoryTransport({ topology, clock, maxDeliveryCount: 2, lockDurationMs: 1_000 });
    const errors: string[] = [];
    const attempts: number[] = [];
    const consume = async ({ attempt }: { readonly attempt: number }): Promise<never> => {
      attempts.push(attempt);
      throw new Error('A bug above the transport.');
    };
    await transport.subscribe('work', consume, { concurrency: 1, onError: ({ code }) => errors.push(code) });
    await transport.send([outgoing('m')]);
    await clock.advance(2_000);

    expect(attempts).toEqual([1, 2]);
    expect(errors).toEqual(['ConsumerRejected', 'ConsumerRejected']);
    const { letters } = await transport.deadLetters.peek('work');
    expect(letters).toMatchObject([{ id: 'm', reason: 'MaxDeliveryCountExceeded', attempt: 2 }]);
    await transport.close();
  });

  it('forgets a native id after its window', async () => {
    const clock = new ManualClock();
    const transport = createMemoryTransport({ topology, clock, duplicateDetectionWindowMs: 1_000 });
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m')]);
    await work.complete();
    await clock.advance(1_000);
    await transport.send([outgoing('m')]);
    expect((await work.complete()).envelope.id).toBe('m');
    await transport.close();
  });

  it('keeps a dead letter whose queue is too full for its replay', async () => {
    const transport = createMemoryTransport({ topology, clock: new ManualClock(), maxMessages: 2 });
    const work = await receive(transport, 'work', 2);
    await transport.send([outgoing('1'), outgoing('2')]);
    for (let left = 2; left > 0; left -= 1) {
      (await work.next()).settle({ kind: 'dead-letter', reason: 'Refused', detail: 'The test wanted it so.' });
    }
    await work.subscription.stop();
    await transport.send([outgoing('3')]);
    await expect(transport.deadLetters.replay('work')).rejects.toMatchObject({ code: 'QueueFull' });
    const { letters } = await transport.deadLetters.peek('work');
    expect(letters.map(({ id }) => id)).toEqual(['2']);
    const rest = await receive(transport, 'work');
    expect((await rest.complete()).envelope.id).toBe('3');
    expect((await rest.complete()).envelope.id).toBe('1');
    expect(await transport.deadLetters.replay('work')).toEqual({ replayed: 1, failed: 0, skipped: 0 });
    expect((await rest.complete()).envelope.id).toBe('2');
    await transport.close();
  });

  it('hands what a stopped consumer gives back to one that waits', async () => {
    const clock = new ManualClock();
    const transport = createMemoryTransport({ topology, clock });
    const first = await receive(transport, 'work');
    await transport.send([outgoing('m')]);
    await first.next();
    const second = await receive(transport, 'work');
    const stopped = first.subscription.stop(1_000);
    await clock.advance(1_000);
    await stopped;
    expect(await second.complete()).toMatchObject({ attempt: 1, envelope: { id: 'm' } });
    await transport.close();
  });

  it('aborts a handler that lost its lock, and applies nothing of it', async () => {
    const clock = new ManualClock();
    const broker = new MemoryBroker({ topology, clock, lockDurationMs: 1_000 });
    const transport = createMemoryTransport({ broker });
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m')]);
    const lost = await work.next();
    // As if this process had not been able to renew it.
    broker.queue('work').expireLocks(clock.now() + 1_000);
    const rival = await receive(createMemoryTransport({ broker }), 'work');
    const taken = await rival.next();
    expect(taken.attempt).toBe(2);
    await clock.advance(500);
    expect([lost.signal.aborted, taken.signal.aborted]).toEqual([true, false]);
    lost.settle({ kind: 'retry', delayMs: 0, reason: 'again' });
    await clock.advance(0);
    expect(work.errors).toEqual([expect.objectContaining({ code: 'SettlementFailed' })]);
    taken.settle({ kind: 'complete' });
    await clock.advance(10_000);
    expect([work.waiting, rival.waiting, broker.queue('work').size]).toEqual([0, 0, 0]);
    broker.close();
  });

  it('lets one lock after the other run out, each at its time', async () => {
    const clock = new ManualClock();
    const broker = new MemoryBroker({ topology, clock, lockDurationMs: 1_000 });
    const [early, late] = [createMemoryTransport({ broker }), createMemoryTransport({ broker })];
    const work = await receive(early, 'work');
    await early.send([outgoing('1'), outgoing('2')]);
    await work.next();
    await clock.advance(400);
    const other = await receive(late, 'work');
    await other.next();
    early.disconnect();
    late.disconnect();
    const rest = await receive(createMemoryTransport({ broker }), 'work', 2);
    await clock.advance(599);
    expect(rest.waiting).toBe(0);
    await clock.advance(1);
    expect((await rest.complete()).envelope.id).toBe('1');
    await clock.advance(399);
    expect(rest.waiting).toBe(0);
    await clock.advance(1);
    expect((await rest.complete()).envelope.id).toBe('2');
    broker.close();
  });

  it('lets locks run out that nobody waits for', async () => {
    const clock = new ManualClock();
    const broker = new MemoryBroker({ topology, clock, lockDurationMs: 1_000 });
    const mortal = createMemoryTransport({ broker });
    const doomed = await receive(mortal, 'work', 2);
    await mortal.send([outgoing('1')]);
    await doomed.next();
    await clock.advance(400);
    await mortal.send([outgoing('2')]);
    await doomed.next();
    mortal.disconnect();
    await clock.advance(1_000);
    const rest = await receive(createMemoryTransport({ broker }), 'work');
    expect([await rest.complete(), await rest.complete()]).toMatchObject([
      { attempt: 2, envelope: { id: '1' } },
      { attempt: 2, envelope: { id: '2' } },
    ]);
    broker.close();
  });

  it('goes on keeping locks and time until what is in flight is settled, when it is closed', async () => {
    const clock = new ManualClock();
    const transport = createMemoryTransport({ topology, clock, lockDurationMs: 1_000 });
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m')]);
    const running = await work.next();
    await transport.send([{ ...outgoing('later'), deliverAt: new Date(clock.now() + 60_000) }]);
    const closed = transport.close();
    await clock.advance(5_000);
    running.settle({ kind: 'retry', delayMs: 60_000, reason: 'again' });
    await closed;
    expect(running.signal.aborted).toBe(false);
    expect(work.errors).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('applies nothing of a consumer that died, and hears nothing of it', async () => {
    const clock = new ManualClock();
    const broker = new MemoryBroker({ topology, clock, lockDurationMs: 1_000 });
    const mortal = createMemoryTransport({ broker });
    const doomed = await receive(mortal, 'work');
    await mortal.send([outgoing('m')]);
    const held = await doomed.next();
    mortal.disconnect();
    held.settle({ kind: 'complete' });
    await clock.advance(1_000);
    expect(doomed.errors).toEqual([]);
    expect(doomed.subscription.health()).toMatchObject({ state: 'stopped', detail: 'The transport was disconnected.' });
    const rest = await receive(createMemoryTransport({ broker }), 'work');
    expect(await rest.complete()).toMatchObject({ attempt: 2, envelope: { id: 'm' } });
    broker.close();
  });
});
