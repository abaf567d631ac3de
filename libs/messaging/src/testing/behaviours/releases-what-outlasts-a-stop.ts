import { equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const releasesWhatOutlastsAStop: Behaviour = {
  sentence: 'releases what outlasts the drain timeout of a stop, and aborts the handler',
  async run(environment) {
    const [transport, other] = [await environment.connect(), await environment.connect()];
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m')]);
    const endless = await work.next();
    const stop = work.subscription.stop(3 * environment.longDelayMs);
    await environment.advance(2 * environment.longDelayMs);
    equal(endless.signal.aborted, false);
    await environment.advance(environment.longDelayMs);
    await stop;
    equal(endless.signal.aborted, true);
    endless.settle({ kind: 'complete' });

    const successor = await receive(other, 'work');
    matches(await successor.complete(), { attempt: 1, envelope: { id: 'm' } });
  },
};
