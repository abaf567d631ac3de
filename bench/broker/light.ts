/**
 * What a message costs the broker when there are few: one at a time, well apart, send → handler → completed, under the
 * unmodified SDK. `npm run bench:broker light` runs it alone. `ROUNDS` and `COUNT` set how long it measures.
 */
import { ServiceBusClient } from '@azure/service-bus';
import { startPeer } from './child.js';
import { median, printTable } from './table.js';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const COUNT = Number(process.env['COUNT'] ?? 200);
const WARM_UP = 10_000;
/** Between one message and the next, in ms. */
const GAP = 5;

const broker = await startPeer('broker-process.ts');
const sdk = new ServiceBusClient(broker.connectionString);
const sender = sdk.createSender('a');
const receiver = sdk.createReceiver('a');
const waits: number[] = [];
let arrived: () => void = () => undefined;
receiver.subscribe({
  processMessage: async ({ body }) => {
    waits.push(performance.now() - Number(body));
    arrived();
  },
  processError: async ({ error }) => Promise.reject(error),
});

async function round(): Promise<number> {
  const before = await broker.cpu();
  for (let i = 0; i < COUNT; i++) {
    const handled = new Promise<void>((resolve) => (arrived = resolve));
    await sender.sendMessages({ body: performance.now() });
    await handled;
    await new Promise((resolve) => setTimeout(resolve, GAP));
  }
  return ((await broker.cpu()) - before) / COUNT;
}

/** A server runs for days: what it does with its first messages says little. */
async function warmUp(): Promise<void> {
  for (let i = 0; i < WARM_UP; i += 100) {
    await Promise.all(Array.from({ length: 100 }, () => sender.sendMessages({ body: 0 })));
  }
  while (waits.length < WARM_UP) await new Promise((resolve) => setTimeout(resolve, GAP));
  await round();
}

await warmUp();
waits.length = 0;
const costs: number[] = [];
for (let i = 0; i < ROUNDS; i++) costs.push(await round());
await receiver.close();
await sdk.close();
await broker.stop();
printTable(
  ['light traffic, one message at a time', 'broker'],
  [
    ['CPU a message', `${median(costs).toFixed(0)} µs`],
    ['send → handler p50', `${median(waits).toFixed(2)} ms`],
  ],
);
