import { equal, rejects } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { receive } from '../receive.js';

export const refusesALimitThatItCannotKeep: Behaviour = {
  sentence: 'refuses a limit that it cannot keep',
  async run(environment) {
    const work = await receive(await environment.connect(), 'work');
    const refused = { code: 'InvalidOptions', retryable: false };
    for (const limit of [-1, 1.5, 1_001, NaN]) {
      await rejects(work.subscription.setConcurrency(limit), refused);
    }
    await work.subscription.stop();
    await work.subscription.setConcurrency(1);
    equal(work.subscription.health().state, 'stopped');
  },
};
