/** What is measured of a server, one round at a time. */
import { ServiceBusClient } from '@azure/service-bus';
import type { Peer } from './child.js';

export interface Figure {
  readonly perSecond: number;
  /** CPU of the server a message, µs. */
  readonly cpu: number;
}

/** @param run answers how many seconds it took */
export async function measure(peer: Peer, count: number, run: () => Promise<number>): Promise<Figure> {
  const before = await peer.cpu();
  const seconds = await run();
  return { perSecond: count / seconds, cpu: ((await peer.cpu()) - before) / count };
}

export interface SdkFigure {
  readonly figure: Figure;
  /** CPU of this process a message, µs. */
  readonly clientCpu: number;
}

/** 32 senders that await each message, and if `subscribe` a subscriber of 32. */
export async function sdkRound(peer: Peer, count: number, subscribe: boolean): Promise<SdkFigure> {
  const sdk = new ServiceBusClient(peer.connectionString);
  const senders = Array.from({ length: 32 }, () => sdk.createSender('b'));
  const receiver = sdk.createReceiver('b');
  await Promise.all(senders.map((sender) => sender.createMessageBatch())); // Opens the link.
  const cpu = process.cpuUsage();
  let received = 0;
  const figure = await measure(peer, count, async () => {
    const start = performance.now();
    const all = new Promise<void>((resolve, reject) => {
      if (!subscribe) return resolve();
      receiver.subscribe(
        {
          processMessage: async () => {
            if (++received === count) resolve();
          },
          processError: async ({ error }) => reject(error),
        },
        { maxConcurrentCalls: 32 },
      );
    });
    const body = Buffer.alloc(1_024, 'x');
    let next = 0;
    await Promise.all(
      senders.map(async (sender) => {
        while (next++ < count) await sender.sendMessages({ body });
      }),
    );
    await all;
    return (performance.now() - start) / 1_000;
  });
  const used = process.cpuUsage(cpu);
  await receiver.close();
  await sdk.close();
  return { figure, clientCpu: (used.user + used.system) / count };
}
