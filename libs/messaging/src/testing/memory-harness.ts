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
      interrupt: () => Promise.reject(new Error('Memory has no connection to lose.')),
      async close() {
        for (const transport of transports) transport.disconnect();
        broker.close();
      },
    };
  },
};
