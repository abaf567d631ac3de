import { afterEach, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import { createMemoryTransport } from './index.js';

const clock = new ManualClock();
const transport = createMemoryTransport({ topology: { queues: ['work'] }, clock });
afterEach(() => transport.close());

it('lets no retry prolong the life of a message, and a replay begin it anew', async () => {
  const retry = (delayMs: number) => ({ kind: 'retry', delayMs, reason: 'again' }) as const;
  const letters = async () => (await transport.deadLetters.peek('work')).letters.map(({ reason }) => reason);
  await transport.send([{ ...outgoing('m'), timeToLiveMs: 60_000 }]);
  const work = await receive(transport, 'work');
  (await work.next()).settle(retry(40_000));
  await clock.advance(40_000);
  (await work.next()).settle(retry(40_000));
  await clock.advance(0);
  expect(await letters()).toEqual(['Expired']);

  await transport.deadLetters.replay('work');
  (await work.next()).settle(retry(40_000));
  await clock.advance(40_000);
  (await work.next()).settle({ kind: 'release' });
  await work.subscription.setConcurrency(0);
  await clock.advance(20_000);
  expect(await letters()).toEqual(['TTLExpiredException']);
});
