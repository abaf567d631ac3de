import { equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const carriesTheFirstFailure: Behaviour = {
  sentence: 'carries the first reason for a delayed redelivery along, through a crash, until the message is replayed',
  async run(environment) {
    const mortal = await environment.connect();
    const doomed = await receive(mortal, 'work');
    await mortal.send([outgoing('m')]);
    const first = await doomed.next();
    equal(first.firstFailure, undefined);
    first.settle({ kind: 'retry', delayMs: 0, reason: `first ${'x'.repeat(600)}` });
    equal((await doomed.next()).firstFailure, `first ${'x'.repeat(494)}`);
    await environment.crash(mortal);
    await environment.advance(environment.lockDurationMs);

    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    (await work.next()).settle({ kind: 'retry', delayMs: 0, reason: 'second' });
    const third = await work.next();
    equal(third.firstFailure, `first ${'x'.repeat(494)}`);
    third.settle({ kind: 'dead-letter', reason: 'Bug', detail: 'Fixed by now.' });
    await transport.send([outgoing('fence')]);
    await work.complete();
    await transport.deadLetters.replay('work');
    equal((await work.complete()).firstFailure, undefined);
  },
};
