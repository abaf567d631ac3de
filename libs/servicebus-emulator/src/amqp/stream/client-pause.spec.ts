import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ClientPause } from './client-pause.js';

const KILOBYTE = 1024;
/** More passes of the event loop than anybody waits who looks at each of them. */
const MANY = 50;

let pauses: number;
let goesOn: boolean;
let pause: ClientPause;

beforeEach(() => {
  // The passes of the event loop are real, the time is not.
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
  pauses = 0;
  goesOn = false;
  pause = new ClientPause(() => {
    pauses++;
    return goesOn;
  });
  jest.advanceTimersByTime(1_000);
});

afterEach(() => {
  jest.useRealTimers();
});

async function passes(count: number): Promise<void> {
  for (let pass = 0; pass < count; pass++) await new Promise(setImmediate);
}

/** How long a client waits that sends nothing more, in ms. */
async function wait(): Promise<number> {
  const before = pauses;
  pause.await();
  let ms = 0;
  for (await passes(MANY); pauses === before; await passes(MANY)) {
    jest.advanceTimersByTime(1);
    ms++;
  }
  return ms;
}

/** Sends so much in a ms, in pieces of 16 KB. @returns how often that was answered */
async function send(kilobytes: number): Promise<number> {
  const before = pauses;
  const pieces = kilobytes / 16;
  for (let piece = 0; piece < pieces; piece++) {
    pause.await();
    pause.inputCame(16 * KILOBYTE);
    jest.advanceTimersByTime(1 / pieces);
    await passes(1);
  }
  return pauses - before;
}

describe("a client's pause", () => {
  it('is over within a few passes when the client waits', async () => {
    expect([await wait(), await wait(), pauses]).toEqual([0, 0, 2]);
  });

  it('is over in the pass of its input when the client converses, and not when it sends much', async () => {
    const passesUntilOver = async (): Promise<number> => {
      pause.await();
      let looks = 0;
      for (; pause.isAwaited; looks++) await passes(1);
      return looks;
    };
    await wait();
    for (let message = 0; message < 10; message++) {
      jest.advanceTimersByTime(5);
      pause.inputCame(300);
      expect(await passesUntilOver()).toBe(1);
    }
    for (let ms = 0; ms < 3; ms++) await send(16);
    expect(await passesUntilOver()).toBeGreaterThan(1);
  });

  it('comes again by itself when there is more to do', async () => {
    goesOn = true;
    pause.await();
    while (pauses === 0) await passes(1);
    goesOn = false;
    await passes(MANY);
    expect([pauses, pause.isAwaited]).toEqual([2, false]);
  });

  it('comes after 64 KB when the client streams, and nobody looks for it meanwhile', async () => {
    for (let ms = 0; ms < 10; ms++) await send(128);
    expect(await send(128)).toBe(2);
    pause.await();
    pause.inputCame(63 * KILOBYTE);
    await passes(MANY);
    expect(pause.isAwaited).toBe(true);
    pause.inputCame(KILOBYTE);
    await passes(1);
    expect(pause.isAwaited).toBe(false);
  });

  it('comes after a ms when a client that streamed waits, and soon when it waits again', async () => {
    for (let ms = 0; ms < 10; ms++) await send(128);
    expect([await wait(), await wait()]).toEqual([1, 0]);
    // It sends much, but never so much that it need not wait. It is believed again, each time later.
    let long = 0;
    for (let ms = 0; ms < 100; ms++) {
      await send(48);
      long += await wait();
    }
    expect(long).toBeGreaterThan(0);
    expect(long).toBeLessThan(10);
  });
});
