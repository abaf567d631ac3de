/**
 * Replays of 100,000 dead letters from the embedded broker: all of them, a tenth by filter, and all with a kill half-way.
 * Run: npm run bench:replay. Fails when fewer than 1,000 a second are handled (a busy machine does), when memory
 * grows with the letters, or when one is lost or left in the queue twice.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { matching } from '@orderflow/messaging';
import { type AzureServiceBusTransport, createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { letters } from './letters.js';

const slowest = 1_000;
/** How much more memory may be held at the end than at the second tenth, in MB: the letters themselves would be more than 100. */
const mostGrowthMb = 24;

interface Run {
  readonly transport: AzureServiceBusTransport;
  readonly connectionString: string;
  /** Ends all locks, as if their time were over. */
  expireLocks(): Promise<void>;
}

await withLetters('all', async ({ transport }) => {
  const held: number[] = [];
  const step = Math.ceil(letters / 10);
  const result = await timed(() =>
    transport.deadLetters.replay('work', {
      onProgress: ({ replayed }) => {
        if (replayed % step === 0) held.push(heldMb());
      },
    }),
  );
  expect('replayed', result.replayed, letters);
  console.log(`  held at each tenth: ${held.join(', ')} MB`);
  // By the second everything that is kept for reuse is there.
  if (Math.max(...held.slice(2)) - Number(held[1]) > mostGrowthMb) throw new Error('Memory grows with the letters.');
  await expectQueue(transport, letters, 0);
});

await withLetters('a tenth by filter', async ({ transport }) => {
  const before = heldMb();
  let most = before;
  const result = await timed(
    () =>
      transport.deadLetters.replay('work', {
        filter: matching({ types: ['work.wanted'] }),
        onProgress: ({ replayed }) => {
          if (replayed % Math.ceil(letters / 100) === 0) most = Math.max(most, heldMb());
        },
      }),
    letters,
  );
  expect('replayed', result.replayed, letters / 10);
  // What lies before the last that was chosen, which is the last of all.
  const passedOver = letters - result.replayed;
  expect('handed back', result.handedBack ?? 0, passedOver);
  const bytes = Math.round(((most - before) * 1e6) / passedOver);
  console.log(`  handed back: ${passedOver}; most held ${most} MB, ${bytes} bytes for each that was passed over`);
  await expectQueue(transport, letters / 10, letters - letters / 10);
  // Nothing is locked any more.
  const rest = await transport.deadLetters.replay('work', { limit: 1_000 });
  expect('replayed of what was handed back', rest.replayed, 1_000);
});

await withLetters('killed half-way, and called again', async ({ transport, connectionString, expireLocks }) => {
  const replayer = fork(new URL('replayer-process.ts', import.meta.url), [connectionString]);
  let reached = 0;
  replayer.on('message', (replayed) => {
    reached = Number(replayed);
    if (reached >= letters / 2) replayer.kill('SIGKILL');
  });
  await once(replayer, 'exit');
  await expireLocks();
  const { replayed, skipped } = await transport.deadLetters.replay('work');
  console.log(`  killed after ${reached}; then replayed ${replayed}`);
  expect('skipped', skipped, 0);
  await expectQueue(transport, letters, 0);
});

async function withLetters(name: string, work: (run: Run) => Promise<void>): Promise<void> {
  console.log(`${letters} dead letters: ${name}`);
  const broker: ChildProcess = fork(new URL('broker-process.ts', import.meta.url));
  const [connectionString] = (await once(broker, 'message')) as [string];
  const transport = createAzureServiceBusTransport({ connectionString });
  const expireLocks = async (): Promise<void> => {
    broker.send('expire-locks');
    await once(broker, 'message');
  };
  await work({ transport, connectionString, expireLocks });
  await transport.close();
  broker.disconnect();
  await once(broker, 'exit');
}

async function timed<T>(work: () => Promise<T>, count = letters): Promise<T> {
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1_000;
  const rate = Math.round(count / seconds);
  console.log(`  ${JSON.stringify(result)} in ${seconds.toFixed(1)} s: ${rate} a second`);
  if (rate < slowest) {
    console.log(`  At least ${slowest} a second are wanted.`);
    process.exitCode = 1;
  }
  return result;
}

/** What is held once garbage was collected, in MB. */
function heldMb(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1e6);
}

/** Consumes the queue: each message once, so many of them; and counts the dead letters that are left. */
async function expectQueue(transport: AzureServiceBusTransport, messages: number, deadLetters: number): Promise<void> {
  const seen = new Set<string>();
  let deliveries = 0;
  let last = (): void => {};
  const all = new Promise<void>((resolve) => (last = resolve));
  const consume = async ({ envelope }: { readonly envelope: { readonly id: string } }) => {
    deliveries += 1;
    seen.add(envelope.id);
    if (envelope.id === 'fence') last();
    return { kind: 'complete' } as const;
  };
  const fence = { id: 'fence', type: 'fence', version: 1, source: '/bench', time: new Date().toISOString() };
  const envelope = { ...fence, contentType: 'text/plain', headers: {}, body: Buffer.from('') };
  await transport.send([{ to: { queue: 'work' }, envelope }]);
  const onError = (error: Error): void => console.error(error.message);
  const subscription = await transport.subscribe('work', consume, { concurrency: 250, onError });
  await all;
  await subscription.stop();
  expect('messages in the queue', seen.size - 1, messages);
  expect('deliveries', deliveries - 1, messages);
  let left = 0;
  for (let from: string | undefined = '1'; from !== undefined; ) {
    const page = await transport.deadLetters.peek('work', { limit: 250, from });
    left += page.letters.length;
    from = page.next;
  }
  expect('dead letters left', left, deadLetters);
}

function expect(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${what}: ${actual}, not ${expected}`);
}
