import { afterEach, beforeEach, describe, it } from '@jest/globals';
import type { MemoryUnitOfWork } from '../outbox/memory-unit-of-work.js';
import { unitOfWorkSuite } from '../testing/unit-of-work-suite.js';
import { createMemoryMessaging } from './memory-messaging.js';

unitOfWorkSuite<MemoryUnitOfWork>(
  'memory',
  async (onError) => {
    const effects: string[] = [];
    return {
      transaction: createMemoryMessaging({ onError }).transaction,
      apply: async (tx, value) => tx.onCommit(() => effects.push(value)),
      effects: async () => [...effects].sort(),
      close: async () => undefined,
    };
  },
  { describe, it, beforeEach, afterEach },
);
