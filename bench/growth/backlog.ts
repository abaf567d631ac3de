/** The embedded broker with many messages in the queue against an empty queue: sending to it, and receiving. */
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { type Peer, startPeer } from '../broker/child.js';
import { type Figure, measure, rowsOf } from '../kit/figure.js';
import { inBatches, messages as messagesTo } from '../kit/messages.js';
import type { Row } from '../kit/report.js';
import { alternate } from '../kit/rounds.js';
import { expectCount, until } from '../kit/until.js';
import { type Growth, OVER, shown, WARM_UP } from './growth.js';

const MESSAGES = 10_000;
const QUEUE = 'a';
const CONCURRENCY = 32;
const BATCH = 500;

/** Sends messages and completes as many: the oldest, which a full queue had before. */
async function round(peer: Peer, count: number): Promise<Figure> {
  const transport = createAzureServiceBusTransport({ connectionString: peer.connectionString });
  const active = async (): Promise<number> => (await transport.inspection.counts(QUEUE)).active;
  const before = await active();
  const all = inBatches(messagesTo(QUEUE, count), BATCH);
  try {
    const figure = await measure(count, [process.pid, peer.pid], async () => {
      for (const batch of all) await transport.send(batch);
      await complete(transport, count);
    });
    await until('what was received and not wanted is back', async () => (await active()) === before);
    expectCount('messages in the queue', await active(), before);
    return figure;
  } finally {
    await transport.close();
  }
}

async function complete(transport: ReturnType<typeof createAzureServiceBusTransport>, count: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let received = 0;
  const subscription = await transport.subscribe(
    QUEUE,
    async () => {
      received += 1;
      if (received === count) resolve();
      return { kind: received > count ? 'release' : 'complete' };
    },
    { concurrency: CONCURRENCY, onError: reject },
  );
  await promise.finally(() => subscription.stop());
}

export async function growBacklog({ rows, rounds, goal, size }: Growth): Promise<readonly Row[]> {
  const peers = [await startPeer('broker-process.ts'), await startPeer('broker-process.ts')] as const;
  try {
    const [empty, full] = peers;
    await full.fill(rows);
    const count = size(MESSAGES);
    const [baseline, ours] = await alternate(WARM_UP, rounds, [() => round(empty, count), () => round(full, count)]);
    const what = `backlog of ${shown(rows)} messages, send and complete`;
    return rowsOf({ what, over: OVER, baseline, ours, goals: { perSecond: goal } });
  } finally {
    for (const peer of peers) await peer.stop();
  }
}
