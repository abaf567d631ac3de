import { ManualClock } from '../testing/manual-clock.js';
import { outboxSuite } from '../testing/outbox-suite.js';
import type { MemoryUnitOfWork } from '../outbox/memory-unit-of-work.js';
import { createMemoryMessaging } from './memory-messaging.js';

outboxSuite<MemoryUnitOfWork>('memory', async () => {
  const { outbox, transaction } = createMemoryMessaging({ clock: new ManualClock() });
  return {
    outbox,
    transaction,
    drain: (limit, send) => outbox.drain(limit, send),
    passHolds: async () => undefined,
    close: async () => undefined,
  };
});
