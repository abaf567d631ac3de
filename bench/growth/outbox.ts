/** The outbox with many waiting rows against one that has no more than are sent: adding to it, and relaying. */
import type { Outgoing } from '@orderflow/messaging';
import { callConcurrently } from '../kit/call-concurrently.js';
import { type BenchDatabase, startDatabase } from '../kit/database.js';
import { type Figure, measure, rowsOf } from '../kit/figure.js';
import { messages as messagesTo } from '../kit/messages.js';
import type { Row } from '../kit/report.js';
import { alternate } from '../kit/rounds.js';
import { expectCount } from '../kit/until.js';
import { BenchOutbox } from '../relay/outbox.js';
import { type Growth, OVER, shown, WARM_UP } from './growth.js';

const MESSAGES = 5_000;
const AT_A_TIME = 16;
const QUEUE = 'orders';
/** Of those that wait already, bytes: ten million of 1 KB would be a benchmark of the disk. */
const BODY_BYTES = 256;

async function fillWith(server: BenchDatabase, database: string, rows: number): Promise<void> {
  const pool = server.pool(database);
  await pool.query(
    `INSERT INTO outbox (bucket, destination_kind, destination, message_id, ordering_key, type, version, source, time,
                         content_type, headers, body)
     SELECT n % 16, 'queue', $1, 'waiting-' || n, 'key-' || n, 'order.place', 1, '/bench', '2026-01-01T00:00:00.000Z',
            'application/json', '{}', convert_to(repeat('x', $2), 'UTF8')
     FROM generate_series(1, $3::bigint) AS n`,
    [QUEUE, BODY_BYTES, rows],
  );
  await pool.query('VACUUM ANALYZE outbox');
  await pool.query('CHECKPOINT');
}

interface Figures {
  readonly added: Figure;
  readonly relayed: Figure;
}

/** An outbox, and how many rows it has to have. */
class Counted {
  readonly outbox: BenchOutbox;
  readonly #pids: readonly number[];
  #rows: number;

  constructor(server: BenchDatabase, outbox: BenchOutbox, rows: number) {
    this.outbox = outbox;
    this.#pids = [process.pid, server.pid];
    this.#rows = rows;
  }

  /** Adds messages, each in a transaction of its own, and relays as many: the oldest, which a full one had before. */
  async round(messages: readonly Outgoing[]): Promise<Figures> {
    const { messaging } = this.outbox;
    const { length } = messages;
    const added = await measure(length, this.#pids, () =>
      callConcurrently(length, AT_A_TIME, (n) =>
        messaging.transaction((tx) => messaging.outbox.add(tx, messages.slice(n, n + 1))),
      ),
    );
    let sent = 0;
    const relayed = await measure(length, this.#pids, () =>
      this.outbox.relay(async (batch) => void (sent += batch.length), length),
    );
    this.#rows += length - sent;
    // A relay that is stopped still sends what it has read.
    const share = sent / length;
    const { perSecond, cpuMicros } = relayed;
    return { added, relayed: { ...relayed, perSecond: perSecond * share, cpuMicros: cpuMicros / share } };
  }

  /** Once, at the end: counting reads the whole table into memory. */
  async check(): Promise<void> {
    expectCount('rows in the outbox', await this.outbox.rows(), this.#rows);
  }
}

export async function growOutbox({ rows, rounds, goal, size }: Growth): Promise<readonly Row[]> {
  const server = await startDatabase(['empty', 'full']);
  try {
    const empty = new Counted(server, await BenchOutbox.create(server, 'empty'), 0);
    const full = new Counted(server, await BenchOutbox.create(server, 'full'), rows);
    await fillWith(server, 'full', rows);
    const messages = messagesTo(QUEUE, size(MESSAGES));
    const [baseline, ours] = await alternate(WARM_UP, rounds, [
      () => empty.round(messages),
      () => full.round(messages),
    ]);
    for (const each of [empty, full]) await each.check();
    const row = (what: string, of: keyof Figures): readonly Row[] =>
      rowsOf({
        what: `outbox of ${shown(rows)} rows, ${what}`,
        over: OVER,
        baseline: baseline.map((each) => each[of]),
        ours: ours.map((each) => each[of]),
        goals: { perSecond: goal },
      });
    return [...row('adding', 'added'), ...row('relaying', 'relayed')];
  } finally {
    await server.stop();
  }
}
