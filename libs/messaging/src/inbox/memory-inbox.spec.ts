import { inboxSuite } from '../testing/inbox-suite.js';
import { createMemoryInbox, type MemoryTransaction } from './memory-inbox.js';

inboxSuite<MemoryTransaction>('memory', async () => {
  const effects: string[] = [];
  return {
    inbox: createMemoryInbox(),
    apply: async (tx, value) => tx.onCommit(() => effects.push(value)),
    effects: async () => [...effects].sort(),
    close: async () => undefined,
  };
});
