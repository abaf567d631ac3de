import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

const backlog = 600;

/** What a process holds in memory is bounded by its places: everything else stays with the broker. */
export const takesNoMoreOfABacklogThanItHasPlacesFor: Behaviour = {
  sentence: 'takes no more of a backlog than it has places for, and leaves the rest to others, however slow it is',
  async run(environment) {
    const [slow, fast] = [await environment.connect(), await environment.connect()];
    const body = new Uint8Array(4_096).fill(32);
    const ids = Array.from({ length: backlog }, (_, n) => `m-${n}`);
    for (let n = 0; n < backlog; n += 100) await fast.send(ids.slice(n, n + 100).map((id) => outgoing(id, { body })));
    const holder = await receive(slow, 'work', 4);
    const held = [await holder.next(), await holder.next(), await holder.next(), await holder.next()];
    const rival = await receive(fast, 'work', 50);
    const seen = new Set<string>();
    while (seen.size < backlog - held.length) seen.add((await rival.complete()).envelope.id);

    deepEqual([...seen, ...held.map(({ envelope }) => envelope.id)].sort(), ids.sort());
    deepEqual([holder.waiting, holder.subscription.health().inFlight], [0, 4]);
    for (const delivery of held) delivery.settle({ kind: 'complete' });
    await rival.subscription.stop();
    await fast.send([outgoing('fence')]);
    equal((await holder.complete()).envelope.id, 'fence');
  },
};
