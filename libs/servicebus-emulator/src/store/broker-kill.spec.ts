import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

const LOADER = new URL('../../../../tools/typescript.mjs', import.meta.url).href;
/** Runs our TypeScript, that of the other libraries included. */
const FROM_SOURCE = [
  '--conditions=@orderflow/source',
  '--experimental-transform-types',
  '--disable-warning=ExperimentalWarning',
  `--import=${LOADER}`,
];
const CHILD = fileURLToPath(new URL('./testing/broker-child.ts', import.meta.url));
/** Long enough for a busy machine, short enough to wait for the answers of a broker that is gone. */
const RETRY = { maxRetries: 0, retryDelayInMs: 10, timeoutInMs: 5000 };
const SENDERS = 16;

let dir: string;
let broker: ChildProcess | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'broker-'));
});

afterEach(async () => {
  await kill();
  await rm(dir, { recursive: true });
});

/** Starts the broker in a process of its own; answers a client of it. */
async function start(): Promise<ServiceBusClient> {
  const child = spawn(process.execPath, [...FROM_SOURCE, CHILD, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  broker = child;
  const line = await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data').then(([text]) => String(text)),
    once(child, 'close').then(() => Promise.reject(new Error('the broker ended before it listened'))),
  ]);
  return new ServiceBusClient(line.slice(line.indexOf(' ') + 1).trim(), { retryOptions: RETRY });
}

async function kill(): Promise<void> {
  if (broker?.exitCode === null && broker.signalCode === null) {
    broker.kill('SIGKILL');
    await once(broker, 'close');
  }
}

/** What the broker said to its clients. */
class Ledger {
  readonly accepted = new Set<string>();
  readonly completing = new Set<string>();
  readonly completed = new Set<string>();
  #target = 0;
  #reached: () => void = () => undefined;

  accept(id: string): void {
    this.accepted.add(id);
    if (this.accepted.size === this.#target) {
      this.#reached();
    }
  }

  /** Resolves when so many more are accepted. */
  grown(by: number): Promise<void> {
    this.#target = this.accepted.size + by;
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }
}

/** Sends until the broker is gone. */
async function send(client: ServiceBusClient, ledger: Ledger, prefix: string): Promise<void> {
  const sender = client.createSender('orders');
  for (let number = 0; ; number += 1) {
    const messageId = `${prefix}-${number}`;
    await sender.sendMessages({ messageId, body: 'x'.repeat(number % 2000) });
    ledger.accept(messageId);
  }
}

/** Completes every second message until the broker is gone. */
async function receive(client: ServiceBusClient, ledger: Ledger): Promise<void> {
  const receiver = client.createReceiver('orders', { maxAutoLockRenewalDurationInMs: 0 });
  for (;;) {
    for (const message of await receiver.receiveMessages(20, { maxWaitTimeInMs: 100 })) {
      const id = String(message.messageId);
      if (id.endsWith('0')) {
        ledger.completing.add(id);
        await receiver.completeMessage(message);
        ledger.completed.add(id);
      }
    }
  }
}

/** All that is in the queue. */
async function drain(client: ServiceBusClient): Promise<readonly string[]> {
  const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' });
  const ids: string[] = [];
  for (;;) {
    const messages = await receiver.receiveMessages(500, { maxWaitTimeInMs: 300 });
    // That none came in time does not mean that there is none.
    if (messages.length === 0 && (await receiver.peekMessages(1)).length === 0) {
      return ids;
    }
    ids.push(...messages.map(({ messageId }) => String(messageId)));
  }
}

it('keeps every message that clients saw accepted, and none that they saw completed, when it is killed', async () => {
  const ledger = new Ledger();
  // A call whose answer never comes ends by its timeout only: the next round goes on meanwhile.
  const gone: Promise<void>[] = [];
  for (const [round, count] of [300, 1500].entries()) {
    const client = await start();
    const grown = ledger.grown(count);
    const work = [
      receive(client, ledger),
      ...Array.from({ length: SENDERS }, (_, index) => send(client, ledger, `${round}-${index}`)),
    ];
    const outcomes = Promise.allSettled(work);
    await grown;
    await kill();
    gone.push(
      outcomes.then(async (ended) => {
        expect(ended.map(({ status }) => status)).toEqual(work.map(() => 'rejected'));
        await client.close();
      }),
    );
  }
  const client = await start();
  const found = await drain(client);
  await Promise.all(gone);
  await client.close();
  const left = new Set(found);
  expect(found).toHaveLength(left.size);
  expect([...ledger.accepted].filter((id) => !ledger.completing.has(id) && !left.has(id))).toEqual([]);
  expect([...ledger.completed].filter((id) => left.has(id))).toEqual([]);
  expect(ledger.completed.size).toBeGreaterThan(0);
}, 120_000);
