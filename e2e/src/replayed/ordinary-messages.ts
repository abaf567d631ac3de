import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Envelope } from '@orderflow/messaging';
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import type { System } from '../system.js';
import { queue } from './dead-letters.js';

/** From one send to the next, in milliseconds: as a replay. */
const everyMs = 20;

/**
 * Sends messages to the queue of the dead letters evenly, `rate` a second, as if they had just come up: what it costs that so
 * many more are handled, without a replay. Each is a message of its own, since the broker knows the ids of the old ones.
 */
export async function sendOrdinary(system: System, envelopes: readonly Envelope[], rate: number): Promise<void> {
  const transport = createAzureServiceBusTransport({ connectionString: system.connectionString });
  const messages = envelopes.map((envelope) => ({ to: { queue }, envelope: { ...envelope, id: randomUUID() } }));
  try {
    const from = performance.now();
    for (let sent = 0; sent < messages.length; ) {
      const due = Math.ceil(((performance.now() - from) / 1_000) * rate);
      if (due > sent) await transport.send(messages.slice(sent, due));
      sent = Math.min(messages.length, Math.max(sent, due));
      await pause(everyMs);
    }
  } finally {
    await transport.close();
  }
}
