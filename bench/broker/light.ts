/**
 * What a message costs the broker when there are few, beside what its reads and writes cost bare Node.js.
 * `npm run bench:broker light` runs it alone. `ROUNDS` and `COUNT` set how long it measures.
 */
import { startPeer } from './child.js';
import { LightEcho, LightTraffic } from './light-traffic.js';
import { alternate } from '../kit/rounds.js';
import { median } from '../kit/statistics.js';
import { printTable } from '../kit/table.js';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const COUNT = Number(process.env['COUNT'] ?? 200);
const WARM_UP = 10_000;

const broker = await startPeer('broker-process.ts');
const bare = await startPeer('echo-process.ts');
const traffic = new LightTraffic(broker);
const echo = new LightEcho(bare);
await traffic.warmUp(WARM_UP);
await echo.warmUp(WARM_UP);
const [ours, theirs] = await alternate(1, ROUNDS, [() => traffic.round(COUNT), () => echo.round(COUNT)]);
await traffic.close();
echo.close();
await Promise.all([broker.stop(), bare.stop()]);
printTable(
  ['light traffic, one message at a time', 'broker', 'bare Node.js'],
  [
    ['CPU a message', `${median(ours.map(({ cpu }) => cpu)).toFixed(0)} µs`, `${median(theirs).toFixed(0)} µs`],
    ['send → handler p50', `${median(ours.map(({ wait }) => wait)).toFixed(2)} ms`, ''],
  ],
);
