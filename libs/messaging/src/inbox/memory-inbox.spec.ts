import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inboxSuite } from '../testing/inbox-suite.js';
import type { MemoryUnitOfWork } from '../outbox/memory-unit-of-work.js';
import { createMemoryMessaging } from './memory-messaging.js';

inboxSuite<MemoryUnitOfWork>(
  'memory',
  async () => {
    const effects: string[] = [];
    return {
      inbox: createMemoryMessaging().inbox,
      apply: async (tx, value) => tx.onCommit(() => effects.push(value)),
      effects: async () => [...effects].sort(),
      close: async () => undefined,
    };
  },
  { describe, it, beforeEach, afterEach },
);

it('remembers as many handled messages as its capacity, the latest', async () => {
  const { inbox } = createMemoryMessaging({ inboxCapacity: 2 });
  const handle = (id: string) => inbox.once('billing', id, async () => undefined);
  for (const id of ['m1', 'm2', 'm3']) await handle(id);
  expect(await handle('m3')).toBe('duplicate');
  expect(await handle('m2')).toBe('duplicate');
  expect(await handle('m1')).toBe('handled');
});
