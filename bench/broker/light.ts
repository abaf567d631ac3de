/**
 * What a message costs the broker when there are few, beside what its reads and writes cost bare Node.js.
 * `npm run bench:broker light` runs it alone. `ROUNDS` and `COUNT` set how long it measures.
 */
import { startPeer } from './child.js';
import { LightEcho, type LightFigure, LightTraffic } from './light-traffic.js';
import { alternate } from '../kit/rounds.js';
import { median } from '../kit/statistics.js';
import { printTable } from '../kit/table.js';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const COUNT = Number(process.env['COUNT'] ?? 200);
const WARM_UP = 10_000;

const peers = [await startPeer('broker-process.ts'), await startPeer('broker-process.ts', '--durable')];
const bare = await startPeer('echo-process.ts');
const traffic = peers.map((peer) => new LightTraffic(peer));
const echo = new LightEcho(bare);
for (const one of traffic) await one.warmUp(WARM_UP);
await echo.warmUp(WARM_UP);
const rounds = await alternate(1, ROUNDS, [
  ...traffic.map((one) => () => one.round(COUNT)),
  async () => ({ cpu: await echo.round(COUNT), wait: NaN }),
]);
for (const one of traffic) await one.close();
echo.close();
await Promise.all([...peers, bare].map((peer) => peer.stop()));

const cpu = (figures: readonly LightFigure[]) => `${median(figures.map((one) => one.cpu)).toFixed(0)} µs`;
const wait = (figures: readonly LightFigure[]) => `${median(figures.map((one) => one.wait)).toFixed(2)} ms`;
printTable(
  ['light traffic, one message at a time', 'broker', 'durable broker', 'bare Node.js'],
  [
    ['CPU a message', ...rounds.map(cpu)],
    ['send → handler p50', ...rounds.slice(0, -1).map(wait), ''],
  ],
);
