import { afterEach, beforeEach, describe, it } from '@jest/globals';
import type { MemoryUnitOfWork } from '../outbox/memory-unit-of-work.js';
import { relaySuite } from '../testing/relay-suite.js';
import { createMemoryMessaging } from './memory-messaging.js';

relaySuite<MemoryUnitOfWork>(
  'memory',
  async () => {
    const { outbox, transaction, startRelay } = createMemoryMessaging();
    return {
      outbox,
      transaction,
      startRelay: (transport) => startRelay({ transport, onError: () => undefined }),
      close: async () => undefined,
    };
  },
  { describe, it, beforeEach, afterEach },
);
