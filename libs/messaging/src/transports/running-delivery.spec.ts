import { expect, it } from '@jest/globals';
import { outgoing } from '../testing/outgoing.js';
import type { Consume, Delivery, Settlement } from '../transport.js';
import { RunningDelivery } from './running-delivery.js';

const complete: Settlement = { kind: 'complete' };

function run(consume: Consume) {
  const running = new RunningDelivery();
  const { envelope } = outgoing('m');
  const delivery: Delivery = { envelope, queue: 'work', attempt: 1, unsettled: 0, signal: running.signal };
  return { running, settlement: running.settlement(consume, delivery) };
}

it('ends with what its consumer returned', async () => {
  const { running, settlement } = run(async () => complete);
  expect(await settlement).toBe(complete);
  expect([running.signal.aborted, running.lockLost]).toEqual([false, false]);
});

it('ends with a release when nobody waits for its consumer any more, whatever that still does', async () => {
  const { running, settlement } = run(() => new Promise(() => {}));
  running.release();
  expect(await settlement).toEqual({ kind: 'release' });
  expect([running.signal.aborted, running.lockLost]).toEqual([true, false]);
});

it('aborts its consumer when the lock was lost, and waits for it', async () => {
  const done = Promise.withResolvers<Settlement>();
  const { running, settlement } = run(() => done.promise);
  running.loseLock();
  expect([running.signal.aborted, running.lockLost]).toEqual([true, true]);
  done.resolve(complete);
  expect(await settlement).toBe(complete);
});

it.each([
  ['rejects', () => Promise.reject(new Error('bug'))],
  [
    'throws',
    () => {
      throw new Error('bug');
    },
  ],
] as const)('says so when a consumer %s instead of settling', async (_, consume) => {
  await expect(run(consume).settlement).rejects.toMatchObject({
    code: 'ConsumerRejected',
    retryable: true,
    message: 'The consumer of "work" rejected on message m instead of settling it: its lock runs out.',
    cause: new Error('bug'),
  });
});
