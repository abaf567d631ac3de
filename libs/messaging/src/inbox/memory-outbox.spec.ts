import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OutboxFullError } from '../outbox/memory-outbox.js';
import { TransportError } from '../transport.js';
import { outgoing } from '../testing/outgoing.js';
import { ManualClock } from '../testing/manual-clock.js';
import { outboxSuite } from '../testing/outbox-suite.js';
import type { MemoryUnitOfWork } from '../outbox/memory-unit-of-work.js';
import { createMemoryMessaging } from './memory-messaging.js';

outboxSuite<MemoryUnitOfWork>(
  'memory',
  async () => {
    const clock = new ManualClock();
    const { outbox, transaction } = createMemoryMessaging({ clock });
    return {
      outbox,
      transaction,
      drain: (limit, send) => outbox.drain(limit, send),
      passHolds: () => clock.advance(60_000),
      close: async () => undefined,
    };
  },
  { describe, it, beforeEach, afterEach },
);

it('takes no more than its capacity, set-aside messages included', async () => {
  const { outbox, transaction } = createMemoryMessaging({ clock: new ManualClock(), outboxCapacity: 3 });
  const add = (...ids: readonly string[]) =>
    transaction((tx) =>
      outbox.add(
        tx,
        ids.map((id) => outgoing(id)),
      ),
    );
  await add('a', 'b');
  await outbox.drain(1, () => Promise.reject(new TransportError('MessageTooLarge', 'Too large.', false)));
  await expect(add('c', 'd')).rejects.toThrow(OutboxFullError);
  await add('c');
  expect(await outbox.backlog()).toMatchObject({ rows: 2, dead: 1 });
  expect(() => createMemoryMessaging({ outboxCapacity: 0 })).toThrow('outboxCapacity');
});
