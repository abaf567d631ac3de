import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import { TransportError } from '../../transport.js';
import { createMemoryTransport } from './index.js';

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
    expect(await transport.deadLetters.replay('work')).toEqual({ replayed: 1, remaining: 0 });
    expect((await rest.complete()).envelope.id).toBe('2');
    await transport.close();
  });
});
