/**
 * This workspace's broker beside that of another commit, both built as their package is, in one run of alternating
 * rounds: `npm run bench:broker -- compare REF`, or only some rows of it: `compare REF light sdk`. `PAIRS` and `COUNT`
 * make it longer or shorter.
 */
import { join } from 'node:path';
import { buildBroker, PACKAGE } from './built-broker.js';
import { type Peer, startPeer } from './child.js';
import { LightEcho, type LightFigure, LightTraffic } from './light-traffic.js';
import { connect, type RawConnection, sendPipelined } from './raw-client.js';
import { alternate } from '../kit/rounds.js';
import { type Figure, measure, type SdkFigure, sdkRound } from './rounds.js';
import { median } from '../kit/statistics.js';
import { printTable } from '../kit/table.js';

const PAIRS = Number(process.env['PAIRS'] ?? 11);
const COUNT = Number(process.env['COUNT'] ?? 10_000);
/** Rounds before those that count. */
const WARM_UP = Math.min(10, PAIRS);
const SDK_COUNT = Math.min(COUNT, 8_000);
const LIGHT = { count: Math.min(COUNT, 200), warmUp: COUNT } as const;

const ROWS = ['send', 'sdk', 'durable', 'light'] as const;
const USAGE = `npm run bench:broker -- compare REF [${ROWS.join(' | ')}]...`;
const [ref, ...only] = process.argv.slice(2);
if (ref === undefined) throw new Error(`Name the commit to compare with: ${USAGE}`);
const unknown = only.filter((name) => !ROWS.some((row) => row === name));
if (unknown.length > 0) throw new Error(`There is no row '${unknown.join("', '")}': ${USAGE}`);
const wants = (row: (typeof ROWS)[number]) => only.length === 0 || only.includes(row);
const rows: string[][] = [];

const each = (figures: readonly Figure[], of: keyof Figure) => median(figures.map((one) => one[of]));
/** Medians of what belongs together by its round, so that a loaded moment counts on both sides. */
const ratio = (a: readonly number[], b: readonly number[]) => median(a.map((value, i) => value / (b[i] ?? Number.NaN)));
const speed = (figures: readonly Figure[]) => figures.map(({ perSecond }) => perSecond);
const shown = (figures: readonly Figure[]) =>
  `${each(figures, 'perSecond').toFixed(0)} /s, ${each(figures, 'cpu').toFixed(1)} µs`;

/** @param reach what the second is to be */
function report(row: string, before: string, after: string, reach: string): void {
  rows.push([row, before, after, reach]);
}

async function compareSends(old: Peer, current: Peer): Promise<void> {
  const stock = await startPeer('stock-process.ts');
  const open = async (peer: Peer, empty: () => Promise<void>) => {
    const connection: RawConnection = await connect(peer.port);
    const round = async () => {
      const figure = await measure(peer, COUNT, () => sendPipelined(connection, 'a', COUNT));
      await empty();
      return figure;
    };
    return { connection, round };
  };
  const all = [
    await open(old, () => old.empty()),
    await open(current, () => current.empty()),
    await open(stock, () => Promise.resolve()),
  ] as const;
  const [before, after, sink] = await alternate(WARM_UP, PAIRS, [all[0].round, all[1].round, all[2].round]);
  const row = (figures: readonly Figure[]) =>
    `${shown(figures)}: ${ratio(speed(figures), speed(sink)).toFixed(2)} of the sink`;
  report(`send, raw client, pipelined; rhea sink: ${shown(sink)}`, row(before), row(after), '≥ 1.0');
  for (const { connection } of all) await connection.close();
  await stock.stop();
}

async function compareDurable(old: readonly [Peer, Peer], current: readonly [Peer, Peer]): Promise<void> {
  const round = (peer: Peer) => async () => (await sdkRound(peer, SDK_COUNT, false)).figure;
  const [oldDurable, oldMemory, durable, memory] = await alternate(WARM_UP, PAIRS, [
    round(old[1]),
    round(old[0]),
    round(current[1]),
    round(current[0]),
  ]);
  const row = (kept: readonly Figure[], held: readonly Figure[]) =>
    `${shown(kept)}; in memory ${shown(held)}: ${ratio(speed(kept), speed(held)).toFixed(2)}`;
  report('durable against in memory, 32 awaiting senders', row(oldDurable, oldMemory), row(durable, memory), '≥ 0.75');
  for (const peer of [...old, ...current]) await peer.empty();
}

async function compareSdk(old: Peer, current: Peer): Promise<void> {
  const round = (peer: Peer) => () => sdkRound(peer, SDK_COUNT, true);
  const [before, after] = await alternate(1, PAIRS, [round(old), round(current)]);
  const row = (figures: readonly SdkFigure[]) => {
    const broker = figures.map(({ figure }) => figure.cpu);
    const client = figures.map(({ clientCpu }) => clientCpu);
    const share = ratio(broker, client).toFixed(2);
    return `${shown(figures.map(({ figure }) => figure))}; client ${median(client).toFixed(1)} µs: ${share} of it`;
  };
  report("SDK, 32 senders and subscribe 32: broker's share of the client's CPU", row(before), row(after), '≤ 0.18');
}

async function compareLight(old: Peer, current: Peer, what: string): Promise<void> {
  const bare = await startPeer('echo-process.ts');
  const [oldTraffic, traffic, echo] = [new LightTraffic(old), new LightTraffic(current), new LightEcho(bare)];
  for (const one of [oldTraffic, traffic, echo]) await one.warmUp(LIGHT.warmUp);
  const [before, after, floor] = await alternate(1, PAIRS, [
    () => oldTraffic.round(LIGHT.count),
    () => traffic.round(LIGHT.count),
    () => echo.round(LIGHT.count),
  ]);
  const of = (figures: readonly LightFigure[], name: keyof LightFigure) => median(figures.map((one) => one[name]));
  const cost = (figures: readonly LightFigure[]) => `${of(figures, 'cpu').toFixed(0)} µs`;
  const row = `${what}, CPU a message; its reads and writes in bare Node.js: ${median(floor).toFixed(0)} µs`;
  report(row, cost(before), cost(after), 'half');
  const wait = (figures: readonly LightFigure[]) => `${of(figures, 'wait').toFixed(2)} ms`;
  report(`${what}, send → handler p50`, wait(before), wait(after), '< 1 ms');
  await Promise.all([oldTraffic.close(), traffic.close()]);
  echo.close();
  await bare.stop();
}

const built = await buildBroker(ref);
try {
  const start = async (folder: string): Promise<[Peer, Peer]> => [
    await startPeer('broker-process.ts', `--package=${folder}`),
    await startPeer('broker-process.ts', `--package=${folder}`, '--durable'),
  ];
  const old = await start(built.folder);
  const current = await start(join(import.meta.dirname, '../..', PACKAGE));
  if (wants('send')) await compareSends(old[0], current[0]);
  if (wants('sdk')) await compareSdk(old[0], current[0]);
  if (wants('durable')) await compareDurable(old, current);
  if (wants('light')) await compareLight(old[0], current[0], 'light traffic');
  if (wants('light')) await compareLight(old[1], current[1], 'light traffic, durable');
  for (const peer of [...old, ...current]) await peer.stop();
} finally {
  await built.remove();
}
printTable(['path', `before: ${ref}`, 'after: this workspace', 'to reach'], rows);
