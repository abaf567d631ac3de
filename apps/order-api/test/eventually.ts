import { setTimeout as delay } from 'node:timers/promises';

/** Repeats `check` until it stops throwing; after `timeoutMs` its last error is the test's. */
export async function eventually(check: () => Promise<void>, timeoutMs = 20_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; ; ) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(10);
    }
  }
}
