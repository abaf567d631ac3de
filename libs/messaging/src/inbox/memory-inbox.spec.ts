import { inboxSuite } from '../testing/inbox-suite.js';
import type { MemoryUnitOfWork } from '../outbox/memory-unit-of-work.js';
import { createMemoryMessaging } from './memory-messaging.js';

inboxSuite<MemoryUnitOfWork>('memory', async () => {
  const effects: string[] = [];
  return {
    inbox: createMemoryMessaging().inbox,
    apply: async (tx, value) => tx.onCommit(() => effects.push(value)),
    effects: async () => [...effects].sort(),
    close: async () => undefined,
  };
});
