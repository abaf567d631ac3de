import { rejects } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';

export const refusesATimeToLiveThatIsNone: Behaviour = {
  sentence: 'refuses a time to live that is none',
  needs: 'timeToLive',
  async run(environment) {
    const transport = await environment.connect();
    const sending = transport.send([{ ...outgoing('never'), timeToLiveMs: 0 }]);
    await rejects(sending, { code: 'InvalidMessage', retryable: false });
  },
};
