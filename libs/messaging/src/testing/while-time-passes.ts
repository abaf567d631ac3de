import type { TransportEnvironment } from './transport-harness.js';

/** Waits for `result` while time goes on in steps of `stepMs`; fails after 100 of them. */
export async function whileTimePasses<T>(
  environment: Pick<TransportEnvironment, 'advance'>,
  stepMs: number,
  result: Promise<T>,
): Promise<T> {
  let isDone = false;
  const done = result.then(() => (isDone = true));
  for (let steps = 0; !isDone; steps += 1) {
    if (steps === 100) throw new Error(`It did not happen within ${steps * stepMs} ms.`);
    await Promise.race([done, environment.advance(stepMs)]);
  }
  return result;
}
