import { setTimeout as delay } from 'node:timers/promises';
import { NoAnswer, type OpsApi } from './ops-api.js';

const pollMs = 500;
/** How long nobody may answer meanwhile, in milliseconds: what is followed goes on with another replica. */
const outageMs = 60_000;

/**
 * Asks for something until it has ended, and resolves with it.
 * @param seen called with each answer, the last one included
 */
export async function follow<T>(
  api: OpsApi,
  path: string,
  { isEnded, seen }: { readonly isEnded: (answer: T) => boolean; readonly seen: (answer: T) => void },
): Promise<T> {
  let answeredAt = performance.now();
  for (;;) {
    const answer = await api.get<T>(path).catch((error: unknown) => {
      if (error instanceof NoAnswer && performance.now() - answeredAt < outageMs) return undefined;
      throw error;
    });
    if (answer !== undefined) {
      answeredAt = performance.now();
      seen(answer);
      if (isEnded(answer)) return answer;
    }
    await delay(pollMs);
  }
}
