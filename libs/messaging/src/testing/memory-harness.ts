import { createMemoryTransport, MemoryBroker, type MemoryTransport } from '../transports/memory/index.js';
import { ManualClock } from './manual-clock.js';
import { suiteTopology, type TransportHarness } from './transport-harness.js';

/** The memory transport, on a broker whose time stands still until a test moves it. */
export const memoryHarness: TransportHarness = {
  name: 'memory',
  incidents: [],
  async start() {
    const clock = new ManualClock();
    const broker = new MemoryBroker({ topology: suiteTopology, clock });
    const transports: MemoryTransport[] = [];
    return {
      lockDurationMs: broker.lockDurationMs,
      longDelayMs: 60_000,
      now: () => clock.now(),
      async connect() {
        const transport = createMemoryTransport({ broker });
        transports.push(transport);
        return transport;
      },
      advance: (ms) => clock.advance(ms),
      crash: async (transport) => transports.find((other) => other === transport)?.disconnect(),
      async loseLocks(queue) {
        broker.queue(queue).expireLocks(Infinity);
        broker.notify(queue);
      },
      async sendForeign({ type, headers, ...message }) {
        const native = { ...message, subject: type, sessionId: message.messageId, applicationProperties: headers };
        broker.store({ queue: 'work' }, native);
      },
      async receiveForeign() {
        const lock = broker.take('work');
        if (lock === undefined) throw new Error('The queue is empty.');
        broker.queue('work').complete(lock);
        const { messageId, subject: type, contentType, correlationId = '', ...native } = lock.message.native;
        return {
          messageId,
          type,
          contentType,
          correlationId,
          headers: native.applicationProperties,
          body: native.body,
        };
      },
      interrupt: () => Promise.reject(new Error('Memory has no connection to lose.')),
      restart: () => Promise.reject(new Error('Memory keeps nothing.')),
      async close() {
        for (const transport of transports) transport.disconnect();
        broker.close();
      },
    };
  },
};
