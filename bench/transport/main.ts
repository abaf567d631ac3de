/**
 * The Service Bus transport against the SDK that it uses: sending batches, and receiving 32 at a time with a handler that
 * does nothing. `npm run bench:transport -- [--rounds 5] [--messages 10000] [--quick] [--check]`. Each client is a process
 * of its own, on a queue of one embedded broker; the CPU is that of the client.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { startPeer } from '../broker/child.js';
import { type Figure, measure, rowsOf } from '../kit/figure.js';
import { readFlags } from '../kit/flags.js';
import { report } from '../kit/report.js';
import { alternate } from '../kit/rounds.js';
import { expectCount, until } from '../kit/until.js';
import { CONCURRENCY, QUEUE, type Request } from './protocol.js';

const MESSAGES = 10_000;
const GOALS = { send: { perSecond: 0.95 }, receive: { perSecond: 1.2, cpu: 1.5 } } as const;

const flags = readFlags({ counts: ['messages'] });
const count = flags.count('messages') ?? flags.size(MESSAGES);

/** A client that was started. */
class Remote {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(which: 'ours' | 'sdk', connectionString: string): Promise<Remote> {
    const remote = new Remote(fork(new URL('client-process.ts', import.meta.url), [which, connectionString]));
    await remote.#answer();
    return remote;
  }

  get pids(): readonly number[] {
    return [this.#child.pid ?? 0];
  }

  async ask(request: Request): Promise<void> {
    this.#child.send(request);
    await this.#answer();
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    await exit;
  }

  async #answer(): Promise<void> {
    const waiting = new AbortController();
    const { signal } = waiting;
    const ended = once(this.#child, 'exit', { signal }).then(([code]) => {
      throw new Error(`A client ended with ${String(code)}.`);
    });
    await Promise.race([once(this.#child, 'message', { signal }), ended]).finally(() => {
      ended.catch(() => undefined);
      waiting.abort();
    });
  }
}

const broker = await startPeer('broker-process.ts');
const observer = createAzureServiceBusTransport({ connectionString: broker.connectionString });
const ours = await Remote.start('ours', broker.connectionString);
const sdk = await Remote.start('sdk', broker.connectionString);
/** Sends what the others receive, so that neither pays for its garbage. */
const feeder = await Remote.start('ours', broker.connectionString);

const active = async (): Promise<number> => (await observer.inspection.counts(QUEUE)).active;

async function send(client: Remote): Promise<Figure> {
  await client.ask({ do: 'prepare', count });
  const figure = await measure(count, client.pids, () => client.ask({ do: 'send' }));
  expectCount('messages that came', await active(), count);
  await broker.empty();
  return figure;
}

/** What is settled after the last was handled takes CPU, and no time. */
async function receive(client: Remote): Promise<Figure> {
  await feeder.ask({ do: 'prepare', count });
  await feeder.ask({ do: 'send' });
  const figure = await measure(count, client.pids, () => client.ask({ do: 'receive', count }), {
    settle: () => until('all are settled', async () => (await active()) === 0),
  });
  await client.ask({ do: 'rest' });
  return figure;
}

const over = 'the SDK';
const [sent, sentByOurs] = await alternate(3, flags.rounds, [() => send(sdk), () => send(ours)]);
const [received, receivedByOurs] = await alternate(3, flags.rounds, [() => receive(sdk), () => receive(ours)]);
for (const client of [ours, sdk, feeder]) await client.stop();
await observer.close();
await broker.stop();
report(
  [
    ...rowsOf({ what: 'send, batches', over, baseline: sent, ours: sentByOurs, goals: GOALS.send }),
    ...rowsOf({
      what: `receive and complete, ${CONCURRENCY} at a time`,
      over,
      baseline: received,
      ours: receivedByOurs,
      goals: GOALS.receive,
      either: true,
    }),
  ],
  flags.check,
);
