import { afterEach } from '@jest/globals';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import type { Contract } from '../../contract.js';
import { type DeliveryReport, observeDeliveries } from '../../middleware/observe-deliveries.js';
import type { Settlement } from '../../transport.js';
import { createMemoryTransport } from '../../transports/memory/index.js';
import { MessagingClient } from '../messaging-client.js';
import { MessagingServer } from '../messaging-server.js';

const contract = (type: string): Contract => ({ type, version: 1, kind: 'event', parse: (value) => value });
export const greeting = contract('greeting');
export const farewell = contract('farewell');

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** Starts a Nest app with the given controller over a memory broker, and reports how its deliveries were settled. */
export async function startNestServer(
  controller: new () => object,
  options: { readonly drainTimeoutMs?: number } = {},
) {
  const transport = createMemoryTransport({ topology: { queues: ['q'] } });
  const reports: DeliveryReport[] = [];
  let wake = () => {};
  const server = new MessagingServer({
    transport,
    queue: 'q',
    contracts: [greeting, farewell],
    concurrency: 4,
    onError: (error) => {
      throw error;
    },
    policy: { immediate: [], delayed: [60_000] },
    ...options,
    middleware: [
      observeDeliveries({
        finished: (report) => {
          reports.push(report);
          wake();
        },
      }),
    ],
  });
  const module = await Test.createTestingModule({
    controllers: [controller],
    providers: [{ provide: MessagingServer, useValue: server }],
  }).compile();
  const app = module.createNestMicroservice<MicroserviceOptions>({ strategy: server, logger: false });
  stops.push(async () => {
    await app.close();
    await transport.close();
  });
  const client = new MessagingClient({
    transport,
    contracts: [greeting, farewell],
    route: () => ({ queue: 'q' }),
    source: '/test',
  });
  const send = (type: string, payload: unknown) =>
    new Promise<void>((resolve, reject) => client.emit(type, payload).subscribe({ complete: resolve, error: reject }));
  const settled = async (count: number): Promise<Settlement[]> => {
    while (reports.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return reports.map(({ settlement }) => settlement);
  };
  return { app, server, send, settled, reports, transport };
}
