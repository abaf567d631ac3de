import { expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { Acks } from './acks.js';

function start(prefetch: number) {
  const clock = new ManualClock();
  const frames: (readonly [tag: number, allUpTo: boolean])[] = [];
  const acks = new Acks((tag, allUpTo) => frames.push([tag, allUpTo]), clock);
  acks.prefetch = prefetch;
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { clock, frames, acks, turn };
}

it('acknowledges a quarter of what may be in hand with one frame, at the end of the turn', async () => {
  const { acks, frames, turn, clock } = start(12);
  for (const tag of [2, 1, 3]) acks.finished(tag);
  expect(frames).toEqual([]);
  await turn();
  expect([frames, clock.pending]).toEqual([[[3, true]], 0]);
});

it('acknowledges fewer with one frame after 5 ms', async () => {
  const { acks, frames, turn, clock } = start(100);
  for (const tag of [2, 1]) acks.finished(tag);
  await turn();
  await clock.advance(4);
  acks.finished(3);
  await turn();
  expect(frames).toEqual([]);
  await clock.advance(1);
  expect([frames, clock.pending]).toEqual([[[3, true]], 0]);
});

it('acknowledges what is finished behind a slow delivery alone after 50 ms, and never the slow one', async () => {
  const { acks, frames, turn, clock } = start(100);
  acks.finished(2);
  acks.finished(3);
  await turn();
  await clock.advance(49);
  expect(frames).toEqual([]);
  await clock.advance(1);
  expect(frames).toEqual([
    [2, false],
    [3, false],
  ]);
});

it('does not wait when half of what may be in hand is finished', async () => {
  const { acks, frames, turn } = start(4);
  acks.finished(2);
  acks.finished(3);
  await turn();
  expect(frames).toEqual([
    [2, false],
    [3, false],
  ]);
});

it('ends a frame for many with a delivery that the broker still knows', async () => {
  const { acks, frames, turn } = start(2);
  acks.finished(2);
  await turn();
  acks.finished(1);
  await turn();
  acks.finished(3);
  await turn();
  expect(frames).toEqual([
    [2, false],
    [1, true],
    [3, true],
  ]);
});

it('acknowledges nothing on a channel that is gone, and leaves no timer', async () => {
  const { acks, frames, turn, clock } = start(100);
  acks.finished(2);
  await turn();
  acks.close();
  acks.finished(1);
  acks.flush();
  await turn();
  await clock.advance(50);
  expect([frames, clock.pending]).toEqual([[], 0]);
});
