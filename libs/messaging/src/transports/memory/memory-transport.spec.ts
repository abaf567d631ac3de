import { ManualClock } from '../../testing/manual-clock.js';
import { suiteTopology } from '../../testing/transport-harness.js';
import { transportSuite } from '../../testing/transport-suite.js';
import { createMemoryTransport, MemoryBroker, type MemoryTransport } from './index.js';

transportSuite({
  name: 'memory',
  hasConnection: false,
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
});
