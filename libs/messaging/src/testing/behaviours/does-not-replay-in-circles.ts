import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { deadLetter } from '../dead-letter-messages.js';

export const doesNotReplayInCircles: Behaviour = {
  sentence: 'replays each message once, although it is dead-lettered again at once',
  async run(environment) {
    const [transport, consumer] = [await environment.connect(), await environment.connect()];
    await deadLetter(transport, ['1', '2', '3']);
    let failures = 0;
    let enough = (): void => {};
    const failedThrice = new Promise<void>((resolve) => (enough = resolve));
    const consume = async (): Promise<{ kind: 'dead-letter'; reason: string; detail: string }> => {
      failures += 1;
      if (failures === 3) enough();
      return { kind: 'dead-letter', reason: 'StillBroken', detail: 'The bug is still there.' };
    };
    const subscription = await consumer.subscribe('work', consume, { concurrency: 1, onError: () => {} });
    deepEqual(await transport.deadLetters.replay('work'), { replayed: 3, failed: 0, skipped: 0 });
    await failedThrice;
    await subscription.stop();

    const { letters } = await transport.deadLetters.peek('work');
    deepEqual(
      letters.map(({ id, reason, generation }) => [id, reason, generation]),
      [
        ['1', 'StillBroken', 1],
        ['2', 'StillBroken', 1],
        ['3', 'StillBroken', 1],
      ],
    );
    equal(failures, 3);
  },
};
