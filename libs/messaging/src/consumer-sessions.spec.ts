import { expect, it } from '@jest/globals';
import { type ConsumerOptions, startConsumer } from './consumer.js';
import { handle } from './handling.js';
import { ManualClock } from './testing/manual-clock.js';
import { outgoing } from './testing/outgoing.js';
import { createMemoryTransport, MemoryBroker } from './transports/memory/index.js';

const contract = { kind: 'command' as const, type: 'work.do', version: 1, parse: (body: unknown) => body };

function bench() {
  const clock = new ManualClock();
  const broker = new MemoryBroker({ topology: { queues: [], sessionQueues: ['ordered'] }, clock });
  const transport = createMemoryTransport({ broker });
  const begin = (work: (id: string) => Promise<void>, options: Partial<ConsumerOptions> = {}) =>
    startConsumer({
      transport,
      queue: 'ordered',
      concurrency: 32,
      sessions: {},
      handlers: [handle(contract, ({ id }) => work(id))],
      clock,
      random: () => 0.5,
      onError: () => {},
      ...options,
    });
  return { clock, broker, transport, begin };
}

it('tries a message of a session again after 5, 15 and 60 seconds, then dead-letters it and goes on', async () => {
  const { clock, broker, transport, begin } = bench();
  const calls: [string, number][] = [];
  const start = clock.now();
  const work = async (id: string): Promise<void> => {
    calls.push([id, clock.now() - start]);
    if (id === 'a1') throw new Error('not yet');
  };
  const consumer = await begin(work, { policy: { immediate: [] } });
  const to = { queue: 'ordered' };
  await transport.send([outgoing('a1', { orderingKey: 'a' }, to), outgoing('a2', { orderingKey: 'a' }, to)]);
  await clock.advance(79_999);
  expect(calls).toEqual([
    ['a1', 0],
    ['a1', 5_000],
    ['a1', 20_000],
  ]);
  await clock.advance(1);
  expect(calls.slice(3)).toEqual([
    ['a1', 80_000],
    ['a2', 80_000],
  ]);
  const { letters } = await transport.deadLetters.peek('ordered');
  expect(letters).toMatchObject([{ id: 'a1', reason: 'AttemptsExhausted' }]);
  await consumer.stop();
  broker.close();
});

it('refuses delays that a session should not wait for, and brokers without sessions', async () => {
  const { broker, transport, begin } = bench();
  const work = async (): Promise<void> => {};
  expect(() => begin(work, { policy: { delayed: [5_000, 60_001] } })).toThrow(
    /a delay lasts 60001 ms, and the queue's sessions wait with their message: give at most 60000 ms/,
  );
  const capabilities = { ...transport.capabilities, sessions: false };
  const without = { ...transport, capabilities } as unknown as typeof transport;
  expect(() => begin(work, { transport: without })).toThrow(/no sessions/);
  broker.close();
});
