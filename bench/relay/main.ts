/**
 * The outbox relay, from when the messages are committed until the last one is sent, against a bare batched publish of the
 * same messages, one batch in flight: over the embedded broker, where the baseline is the SDK, over a model of a broker,
 * and in memory. Relay and sender stay from round to round. `npm run bench:relay -- [--rounds 5] [--messages 10000]
 * [--only broker,model,memory] [--quick] [--check]`. The CPU is that of the client, the broker and, for the relay,
 * PostgreSQL, with the commit before and the last removal behind.
 */
import { startDatabase } from '../kit/database.js';
import { type Figure, measure, rowsOf } from '../kit/figure.js';
import { readFlags } from '../kit/flags.js';
import { messages as messagesTo } from '../kit/messages.js';
import { report, type Row } from '../kit/report.js';
import { alternate } from '../kit/rounds.js';
import { expectCount } from '../kit/until.js';
import { memory, model, type Place, realBroker } from './destinations.js';
import { BenchOutbox, type OpenRelay } from './outbox.js';

const MESSAGES = 10_000;
const PLACES = {
  broker: { open: realBroker, goal: 0.9 },
  model: { open: model, goal: 0.9 },
  memory: { open: memory, goal: undefined },
} as const;

const flags = readFlags({ texts: ['only'], counts: ['messages'] });
const count = flags.count('messages') ?? flags.size(MESSAGES);
const only = new Set(flags.text('only')?.split(',') ?? Object.keys(PLACES));
const unknown = [...only].filter((name) => !(name in PLACES));
if (unknown.length > 0) {
  throw new TypeError(`--only knows ${Object.keys(PLACES).join(', ')}, not ${unknown.join(', ')}.`);
}

const server = await startDatabase(['bench']);
const rows: Row[] = [];
try {
  const outbox = await BenchOutbox.create(server, 'bench');
  const bare = async (place: Place): Promise<Figure> => {
    const publish = place.prepareBare(messagesTo(place.queue, count));
    const figure = await measure(count, [process.pid, ...place.pids], publish);
    expectCount('messages that came', await place.take(), count);
    return figure;
  };
  const relay = async (place: Place, open: OpenRelay): Promise<Figure> => {
    const { commit, sent, removed } = await open.write(messagesTo(place.queue, count));
    const pids = [process.pid, server.pid, ...place.pids];
    const figure = await measure(count, pids, sent, { begin: commit, settle: removed });
    expectCount('messages that came', await place.take(), count);
    return figure;
  };
  for (const [name, { open, goal }] of Object.entries(PLACES)) {
    if (!only.has(name)) continue;
    const place = await open();
    const sending = await outbox.open(place.send);
    try {
      const [baseline, ours] = await alternate(5, flags.rounds, [() => bare(place), () => relay(place, sending)]);
      const goals = goal === undefined ? {} : { perSecond: goal };
      rows.push(...rowsOf({ what: `relay, ${place.name}`, over: place.over, baseline, ours, goals }));
    } finally {
      await sending.stop();
      await place.close();
    }
  }
} finally {
  await server.stop();
}
report(rows, flags.check);
