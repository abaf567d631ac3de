import { inMemoryTransaction, type MemoryTransaction } from '../inbox/memory-inbox.js';
import { ManualClock } from '../testing/manual-clock.js';
import { outboxSuite } from '../testing/outbox-suite.js';
import { createMemoryOutbox } from './memory-outbox.js';

outboxSuite<MemoryTransaction>('memory', async () => {
  const outbox = createMemoryOutbox({ clock: new ManualClock() });
  return {
    outbox,
    transaction: inMemoryTransaction,
    drain: (limit, send) => outbox.drain(limit, send),
    passHolds: async () => undefined,
    close: async () => undefined,
  };
});
