import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const survivesALostConnection: Behaviour = {
  sentence: 'survives a lost connection: goes on receiving and sending, and nothing is lost',
  incident: 'connection-lost',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    await transport.send([outgoing('1'), outgoing('2')]);
    const running = await work.next();
    await environment.interrupt();
    running.settle({ kind: 'complete' });
    await transport.send([outgoing('3')]);

    const seen = new Set<string>();
    while (!seen.has('2') || !seen.has('3')) seen.add((await work.complete()).envelope.id);
    deepEqual([...seen].filter((id) => id !== '1').sort(), ['2', '3']);
    equal(work.subscription.health().state, 'running');
  },
};
