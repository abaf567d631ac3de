import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';

export const leavesNothingWithASettledSession: Behaviour = {
  sentence: 'leaves nothing with a session whose messages were all settled that a later one could be counted by',
  needs: 'sessions',
  async run(environment) {
    const first = await receiveOrdered(await environment.connect());
    const sender = await environment.connect();
    await sendOrdered(sender, 'a1');
    await first.complete('a1');
    // No time passes: the settlement is waited for.
    await first.subscription.stop(2_000);
    await sendOrdered(sender, 'a2');
    const second = await receiveOrdered(await environment.connect());
    matches(await second.complete('a2'), { attempt: 1, unsettled: 0 });
  },
};
