import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again and again until the answer satisfies: the system under test is several processes, and what it will do it
 * tells only when asked.
 * @throws Error with the last answer when `timeoutMs` have passed
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  satisfies: (answer: T) => boolean,
  timeoutMs = 120_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let answer: T | undefined;
  let failure: unknown;
  while (Date.now() < deadline) {
    try {
      answer = await ask();
      failure = undefined;
      if (satisfies(answer)) return answer;
    } catch (error) {
      failure = error;
    }
    await pause(200);
  }
  const last = failure === undefined ? JSON.stringify(answer) : String(failure);
  throw new Error(`Waited ${timeoutMs / 1_000} s in vain until ${what}; at last: ${last}`);
}
