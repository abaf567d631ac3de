import { setTimeout as pause } from 'node:timers/promises';
import { type Bench, lockMs } from './bench.js';
import type { Kind } from './messages.js';
import type { WorkerSettings } from './protocol.js';
import { until } from './until.js';
import type { WorkerProcess } from './worker-process.js';

/** What a worker goes through. Each point is struck in the first scenario that reaches it. */
export interface Scenario {
  readonly name: string;
  /** When a worker is started for it, armed before anything else runs: what is particular about it. */
  readonly starts?: Partial<WorkerSettings>;
  /** Whether the worker ends by itself. */
  readonly stopsWorker?: boolean;
  readonly kinds: readonly Kind[];
  /** Whether the messages are those of one session; false when absent. */
  readonly isOrdered?: boolean;
  /** It is gone through first for the points of this file. */
  readonly strikesFile?: string;
  /** Before the messages are sent. */
  prepare?(bench: Bench): void;
  /**
   * Once the messages are sent. It ends early when the worker does. `waitFactor`: how much longer than usual it waits
   * where nothing tells that it is time, from 1.
   */
  drive?(worker: WorkerProcess, bench: Bench, waitFactor: number): Promise<void>;
}

/** How long something that nobody reports may take to have happened, in milliseconds. */
const momentMs = 150;
/** How long is waited for what may never come, in milliseconds. */
const soonMs = 5_000;
/** Longer than a handler may take, in milliseconds. */
const timeoutMs = 330_000;
/** After how long without a sign of the broker a receiver is doubted, in milliseconds. */
const stallAfterMs = 60_000;
/** How long a message waits that is to be found waiting, in milliseconds: shorter than half a lock. */
const waitingMs = 20_000;
/** Longer than a relay waits before it renews its leases, and before it connects again to listen, in milliseconds. */
const renewalMs = 6_000;

/** Does something while the worker's handler waits with a message of the kind `held`. */
function whileHeld(
  act: (worker: WorkerProcess, bench: Bench, waitFactor: number) => Promise<void> | void,
): Scenario['drive'] {
  return async (worker, bench, waitFactor) => {
    if (!(await worker.said('holding'))) return;
    await act(worker, bench, waitFactor);
    worker.send({ kind: 'let-go' });
  };
}

async function stopWhileHeld(worker: WorkerProcess): Promise<void> {
  if (await worker.said('holding')) worker.send({ kind: 'stop', drainTimeoutMs: 0 });
}

/** Lets so many milliseconds pass for the worker and for everything around it. */
async function pass(ms: number, worker: WorkerProcess, bench: Bench): Promise<void> {
  await bench.pass(ms);
  worker.send({ kind: 'advance', ms });
}

/** Waits for what may never come, as when the worker is struck before: a point that is not reached shows. */
async function soon(worker: WorkerProcess, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + soonMs;
  await until('it is time', async () => {
    const isInVain = !worker.isAlive || worker.isStruck || performance.now() > end;
    return isInVain || (await holds());
  });
}

const everyKind: readonly Kind[] = ['plain', 'retried', 'refused'];
const onRunning = { kinds: ['held'] } as const;

const unordered: readonly Scenario[] = [
  { name: 'work', kinds: everyKind },
  // All succeed: what is struck has committed several, and settled none.
  { name: 'a group', strikesFile: 'libs/messaging/src/group-commit.ts', kinds: Array<Kind>(8).fill('plain') },
  {
    name: 'a group by one statement',
    strikesFile: 'libs/messaging/src/postgres/run-alone.ts',
    kinds: Array<Kind>(8).fill('stated'),
  },
  { name: 'start', starts: {}, kinds: everyKind },
  {
    ...onRunning,
    name: 'a lock that is renewed',
    // Past the half of the lock, where it is renewed, and before its end.
    drive: whileHeld((worker, bench) => pass(0.75 * lockMs, worker, bench)),
  },
  {
    ...onRunning,
    name: 'a lock that is lost',
    // Its renewal finds out.
    drive: whileHeld(async (worker, bench, waitFactor) => {
      bench.expireLocks();
      await pass(0.6 * lockMs, worker, bench);
      await pause(momentMs * waitFactor);
    }),
  },
  {
    ...onRunning,
    name: 'a connection lost before the settlement',
    drive: whileHeld((worker) => worker.send({ kind: 'cut' })),
  },
  {
    ...onRunning,
    name: 'a send whose answer is lost',
    prepare: (bench) => bench.loseSendReply(),
    drive: async (worker, bench) => {
      worker.send({ kind: 'let-go' });
      await soon(worker, () => !bench.hasFault);
      worker.send({ kind: 'cut' });
    },
  },
  {
    name: 'sends that are refused',
    kinds: ['plain', 'plain'],
    // The batch, and its halves until one message is left, whose key is then held.
    prepare: (bench) => bench.refuseSends(3),
  },
  { name: 'more than one batch takes', kinds: ['large'] },
  {
    name: 'a database that is away',
    kinds: ['open'],
    drive: whileHeld(async (worker, bench) => {
      const asked = (await worker.state())?.probes ?? 0;
      await bench.database.goAway();
      worker.send({ kind: 'let-go' });
      worker.send({ kind: 'advance', ms: renewalMs });
      // The endpoint pauses, and asks for it in vain.
      await soon(worker, async () => ((await worker.state())?.probes ?? 0) > asked);
      await bench.database.comeBack();
    }),
  },
  {
    ...onRunning,
    name: 'a second replica that comes and goes',
    drive: whileHeld(async (worker, bench) => {
      const { database } = bench;
      worker.send({ kind: 'advance', ms: renewalMs });
      await soon(worker, async () => (await database.freeBuckets()) === 0);
      const rival = await bench.startRival();
      await soon(worker, async () => (await database.relays()) > 1);
      worker.send({ kind: 'advance', ms: renewalMs });
      await soon(worker, async () => (await database.freeBuckets()) > 0);
      worker.send({ kind: 'let-go' });
      await bench.stopRival(rival, 0);
    }),
  },
  {
    ...onRunning,
    name: 'minutes without a message',
    drive: async (worker, bench, waitFactor) => {
      worker.send({ kind: 'let-go' });
      for (let minutes = 0; minutes < 3 && worker.isAlive; minutes += 1) {
        // What is still there would lose its lock each time, and be taken for a message that kills its workers.
        await soon(worker, () => bench.isEmpty);
        await pass(lockMs + 1, worker, bench);
        await pause(momentMs * waitFactor);
      }
    },
  },
  {
    ...onRunning,
    name: 'a pause',
    // Receiving begins again with one at a time, while the old receiver has still something in hand.
    drive: whileHeld(async (worker, _, waitFactor) => {
      worker.send({ kind: 'pause' });
      await pause(momentMs * waitFactor);
      worker.send({ kind: 'resume' });
      await pause(2 * momentMs * waitFactor);
    }),
  },
  { name: 'a type whose messages fail', kinds: Array<Kind>(8).fill('retried') },
  {
    name: 'a handler past its time limit',
    kinds: ['deaf'],
    // In steps, so that the lock is renewed; a struck worker renews none, and would lose one lock after the other.
    drive: whileHeld(async (worker, bench) => {
      for (let passed = 0; passed < timeoutMs && !worker.isStruck; passed += 0.6 * lockMs) {
        await pass(0.6 * lockMs, worker, bench);
        await soon(worker, () => bench.locksLast(0.5 * lockMs));
      }
    }),
  },
  { ...onRunning, name: 'a stop', stopsWorker: true, drive: stopWhileHeld },
  { name: 'a stop within a transaction', kinds: ['open'], stopsWorker: true, drive: stopWhileHeld },
  {
    ...onRunning,
    name: 'a stop near the last delivery',
    // Less than what it takes to release a message by itself.
    starts: { maxDeliveryCount: 3, holds: true },
    stopsWorker: true,
    drive: stopWhileHeld,
  },
];

/** What is worth going through in a session as well, by its name. */
const alsoInSession: readonly string[] = [
  'work',
  'start',
  'a lock that is renewed',
  'a lock that is lost',
  'a connection lost before the settlement',
  'a database that is away',
  'minutes without a message',
  'a pause',
  'a handler past its time limit',
  'a stop',
];

export const scenarios: readonly Scenario[] = [
  ...unordered,
  ...unordered
    .filter(({ name }) => alsoInSession.includes(name))
    .map((scenario) => ({ ...scenario, name: `${scenario.name}, in a session`, isOrdered: true })),
  {
    name: 'a session that is given back while its message waits',
    isOrdered: true,
    starts: { retryMs: waitingMs },
    kinds: ['retried', 'plain'],
    drive: async (worker, bench, waitFactor) => {
      await soon(worker, () => bench.sessions.isWaiting);
      worker.send({ kind: 'pause' });
      await soon(worker, () => !bench.sessions.isHeld);
      worker.send({ kind: 'resume' });
      await soon(worker, () => bench.sessions.isHeld);
      // Until it has found the message waiting.
      await pause(2 * momentMs * waitFactor);
      await pass(waitingMs, worker, bench);
    },
  },
  {
    ...onRunning,
    name: 'a connection replaced while it holds a session',
    isOrdered: true,
    // Time passes for the worker alone: the broker says nothing about other sessions, and counts as silent.
    drive: whileHeld(async (worker, _, waitFactor) => {
      // In steps, so that its lock is renewed.
      for (let passed = 0; passed < 4 * stallAfterMs; passed += 0.6 * lockMs) {
        worker.send({ kind: 'advance', ms: 0.6 * lockMs });
        await pause(momentMs * waitFactor);
      }
    }),
  },
];
