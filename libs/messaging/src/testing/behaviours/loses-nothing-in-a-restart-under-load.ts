import { deepEqual } from 'node:assert/strict';
import { type Delivery, type Settlement, type Transport, TransportError } from '../../transport.js';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { whileTimePasses } from '../while-time-passes.js';

const total = 400;

export const losesNothingInARestartUnderLoad: Behaviour = {
  sentence: 'survives a restart of the broker in the middle of sends, retries and dead letters, with nothing lost',
  incident: 'restart',
  async run(environment) {
    const [sender, consumer] = [await environment.connect(), await environment.connect()];
    const completed = new Set<string>();
    const refused = new Set<string>();
    const [begun, all] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const consume = async ({ envelope: { id }, attempt }: Delivery): Promise<Settlement> => {
      const number = Number(id.slice(2));
      if (number % 4 === 0 && attempt === 1) {
        return { kind: 'retry', delayMs: number % 8 === 0 ? 500 : 0, reason: 'again' };
      }
      const isRefused = number % 10 === 1;
      (isRefused ? refused : completed).add(id);
      if (completed.size === total / 8) begun.resolve();
      if (completed.size + refused.size === total) all.resolve();
      return isRefused ? { kind: 'dead-letter', reason: 'Refused', detail: '' } : { kind: 'complete' };
    };
    await consumer.subscribe('work', consume, { concurrency: 8, onError: () => {} });
    const sending = Array.from({ length: total }, async (_, number) => {
      if (number >= total / 2) await begun.promise;
      await sendSurely(sender, `m-${number}`);
    });
    await begun.promise;
    await environment.restart();
    await Promise.all(sending);
    await whileTimePasses(environment, environment.lockDurationMs, all.promise);
    await consumer.close();
    const { letters } = await sender.deadLetters.peek('work', { limit: 250 });
    // One may be there twice: the broker ended before it knew that the original was settled.
    deepEqual(new Set(letters.map(({ id }) => id)), refused);
    deepEqual(completed.size, total - refused.size);
  },
};

/** As a relay does: again, until the broker has it. */
async function sendSurely(sender: Transport, id: string): Promise<void> {
  for (;;) {
    try {
      return await sender.send([outgoing(id)]);
    } catch (error) {
      if (!(error instanceof TransportError && error.retryable)) throw error;
    }
  }
}
