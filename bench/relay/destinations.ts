/** To where the relay, and what it is compared with, send. */
import { setTimeout as pause } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import type { Outgoing } from '@orderflow/messaging';
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { createMemoryTransport } from '@orderflow/messaging/memory';
import { startPeer } from '../broker/child.js';
import { inBatches } from '../kit/messages.js';
import { sdkMessage, sendInBatches } from '../kit/sdk.js';
import type { Send } from './outbox.js';

/** Messages a batch, as the relay has by default. */
const BATCH = 500;
/** Of the model: CPU in the client, and the wait for the answer, ms a message. */
const MODEL = { busyMs: 0.04, waitMs: 0.074 };

export interface Place {
  readonly name: string;
  /** What the baseline is. */
  readonly over: string;
  /** The queue's name. */
  readonly queue: string;
  /** Its process, whose CPU counts; none for what is in this process. */
  readonly pids: readonly number[];
  readonly send: Send;
  /** The baseline: sends messages that were made beforehand, a batch at a time. */
  prepareBare(messages: readonly Outgoing[]): () => Promise<void>;
  /** How many messages came since it was emptied; then it is emptied. */
  take(): Promise<number>;
  close(): Promise<void>;
}

/** Batch after batch by the same `send` as the relay has. */
const inTurn = (send: Send) => (messages: readonly Outgoing[]) => async (): Promise<void> => {
  for (const batch of inBatches(messages, BATCH)) await send(batch);
};

/** The embedded broker in a process of its own; the baseline is the SDK. */
export async function realBroker(): Promise<Place> {
  const broker = await startPeer('broker-process.ts');
  const transport = createAzureServiceBusTransport({ connectionString: broker.connectionString });
  const sdk = new ServiceBusClient(broker.connectionString);
  const sender = sdk.createSender('a');
  return {
    name: 'embedded broker',
    over: "the SDK's batches",
    queue: 'a',
    pids: [broker.pid],
    send: (messages) => transport.send(messages),
    prepareBare: (messages) => {
      const all = messages.map(sdkMessage);
      return () => sendInBatches(sender, all);
    },
    async take() {
      const { active } = await transport.inspection.counts('a');
      await broker.empty();
      return active;
    },
    async close() {
      await sdk.close();
      await transport.close();
      await broker.stop();
    },
  };
}

/**
 * A broker of arithmetic, so that the figure is about the relay: 500 messages take 57 ms, which is what confirmed
 * publishing to RabbitMQ took where performance was first measured (8,700 a second).
 */
export function model(): Place {
  let came = 0;
  const send: Send = async ({ length }) => {
    const busyUntil = performance.now() + length * MODEL.busyMs;
    while (performance.now() < busyUntil);
    await pause(length * MODEL.waitMs);
    came += length;
  };
  return {
    name: 'model of a broker',
    over: 'batch after batch',
    queue: 'orders',
    pids: [],
    send,
    prepareBare: inTurn(send),
    take: async () => {
      const count = came;
      came = 0;
      return count;
    },
    close: async () => undefined,
  };
}

/** The transport in memory, which answers at once: what is left is the relay itself. */
export function memory(): Place {
  const open = () => createMemoryTransport({ topology: { queues: ['orders'] }, maxMessages: Number.MAX_SAFE_INTEGER });
  let transport = open();
  const send: Send = (messages) => transport.send(messages);
  return {
    name: 'memory transport',
    over: 'batch after batch',
    queue: 'orders',
    pids: [],
    send,
    prepareBare: inTurn(send),
    async take() {
      const { active } = await transport.inspection.counts('orders');
      await transport.close();
      transport = open();
      return active;
    },
    close: () => transport.close(),
  };
}
