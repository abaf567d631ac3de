import { pauseUntil } from '../pause-until.js';

/** When orders are due, and how many. */
export interface Schedule {
  readonly orders: number;
  /** Orders a second, evenly spaced. */
  readonly rate: number;
}

/** The time, in milliseconds since 1970 with a fraction; never goes back. */
export interface LoadClock {
  now(): number;
  /** Resolves at `time` or later; rejects when the signal comes first. */
  waitUntil(time: number, signal: AbortSignal): Promise<void>;
}

export const realClock: LoadClock = {
  now: () => performance.timeOrigin + performance.now(),
  waitUntil: (time, signal) => pauseUntil(time - performance.timeOrigin, signal),
};

/**
 * Calls `send` for each order when it is due, whatever became of those before (an open loop). When this process or
 * the machine stalls, the orders that fell due meanwhile are sent at once, with the times they were meant for:
 * latencies counted from there include the waiting, which a loop that slows down with the system would leave out
 * (coordinated omission).
 */
export async function keepSchedule(
  { orders, rate }: Schedule,
  send: (index: number, intendedAt: number) => void,
  signal: AbortSignal,
  clock: LoadClock = realClock,
): Promise<void> {
  const startedAt = clock.now();
  const dueAt = (index: number): number => startedAt + (index / rate) * 1_000;
  for (let next = 0; next < orders; ) {
    await clock.waitUntil(dueAt(next), signal);
    for (const now = clock.now(); next < orders && dueAt(next) <= now; next += 1) send(next, dueAt(next));
  }
}
