/**
 * The broker against a stock rhea server, in processes of their own, 1 KB bodies, alternating rounds, medians;
 * ratios are the medians of each round's. `npm run bench:broker` runs it with the others.
 */
import { startPeer } from './child.js';
import { LightTraffic } from './light-traffic.js';
import { connect, type RawConnection, receiveAndComplete, sendPipelined } from './raw-client.js';
import { alternate } from '../kit/rounds.js';
import { type Figure, measure, sdkRound } from './rounds.js';
import { median } from '../kit/statistics.js';
import { printTable } from '../kit/table.js';

const PAIRS = Number(process.env['PAIRS'] ?? 5);
/** Rounds before those that count: a server runs for days, its first seconds say little. */
const WARM_UP = 10;
const COUNT = Number(process.env['COUNT'] ?? 10_000);

const rows: string[][] = [];
function report(row: string, unit: string, ours: readonly Figure[], theirs: readonly Figure[], reach: string): void {
  const figure = (figures: readonly Figure[]) => median(figures.map(({ perSecond }) => perSecond));
  const cpu = (figures: readonly Figure[]) => median(figures.map((one) => one.cpu));
  const ratios = (of: (our: Figure, their: Figure) => number) =>
    median(ours.map((our, round) => of(our, theirs[round] as Figure))).toFixed(2);
  rows.push([
    row,
    `${figure(ours).toFixed(0)} ${unit}, ${cpu(ours).toFixed(1)} µs`,
    `${figure(theirs).toFixed(0)} ${unit}, ${cpu(theirs).toFixed(1)} µs`,
    ratios((our, their) => our.perSecond / their.perSecond),
    ratios((our, their) => their.cpu / our.cpu),
    reach,
  ]);
}

const broker = await startPeer('broker-process.ts');
const durable = await startPeer('broker-process.ts', '--durable');
const stock = await startPeer('stock-process.ts');

const pairs = (ours: () => Promise<Figure>, theirs: () => Promise<Figure>) => alternate(WARM_UP, PAIRS, [ours, theirs]);

const drain = (from: RawConnection) => receiveAndComplete(from, 'a', COUNT);

/** Nagle's algorithm favours a slow server: the later it acknowledges, the more frames the client's kernel joins. */
async function reportSend(row: string, noDelay: boolean): Promise<void> {
  const [toOurs, toStock] = [await connect(broker.port, noDelay), await connect(stock.port, noDelay)];
  const ours = async () => {
    const figure = await measure(broker, COUNT, () => sendPipelined(toOurs, 'a', COUNT));
    // Not by this client: its next rounds would pay for the garbage of messages that the sink never gives back.
    await broker.empty();
    return figure;
  };
  const theirs = () => measure(stock, COUNT, () => sendPipelined(toStock, 'a', COUNT));
  report(row, 'msg/s', ...(await pairs(ours, theirs)), '≥ 1.0, CPU ≥ 1.2');
  await Promise.all([toOurs.close(), toStock.close()]);
}
await reportSend('send, raw client pipelined', false);
await reportSend('the same with TCP_NODELAY', true);

const client = await connect(broker.port);
report(
  'peek-lock receive and settle, raw client',
  'msg/s',
  ...(await pairs(
    async () => {
      await sendPipelined(client, 'a', COUNT);
      return measure(broker, COUNT, () => drain(client));
    },
    // A connection for each round: what a stock sender has queued beyond the credit blocks its session for ever.
    async () => {
      const fresh = await connect(stock.port);
      const figure = await measure(stock, COUNT, () => receiveAndComplete(fresh, 'a', COUNT));
      await fresh.close();
      return figure;
    },
  )),
  '≥ 1.6 (CPU)',
);

const SDK_COUNT = Math.min(COUNT, 8_000);
const sdkRounds = [];
await sdkRound(broker, SDK_COUNT, true); // Warms both up.
for (let i = 0; i < PAIRS; i++) sdkRounds.push(await sdkRound(broker, SDK_COUNT, true));
const brokerCpu = median(sdkRounds.map(({ figure }) => figure.cpu));
const clientCpu = median(sdkRounds.map((round) => round.clientCpu));
rows.push([
  'under the SDK, 32 senders + subscribe 32',
  `broker ${brokerCpu.toFixed(0)} µs`,
  `client ${clientCpu.toFixed(0)} µs`,
  '',
  `${(brokerCpu / clientCpu).toFixed(2)} of the client's`,
  '≤ 0.18',
]);
report(
  'durable against in memory, 32 awaiting senders',
  'msg/s',
  ...(await pairs(
    async () => (await sdkRound(durable, SDK_COUNT, false)).figure,
    async () => (await sdkRound(broker, SDK_COUNT, false)).figure,
  )),
  '≥ 0.75',
);

const light = new LightTraffic(broker);
const { wait } = await light.round(100);
await light.close();
rows.push(['light traffic, send → handler p50', `${wait.toFixed(2)} ms`, '', '', '', '< 1 ms']);

await client.close();
await Promise.all([broker.stop(), durable.stop(), stock.stop()]);
printTable(['path', 'ours', 'baseline', 'throughput ratio', 'CPU ratio', 'reach'], rows);
