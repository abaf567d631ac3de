import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import type { Delivery, Settlement, TransportError } from '../../transport.js';
import { matches } from '../matches.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const keepsAPlaceThatIsOccupied: Behaviour = {
  sentence: 'settles a delivery whose handler still runs, keeps its place, and is stalled when half of them are kept',
  async run(environment) {
    const [transport, other] = [await environment.connect(), await environment.connect()];
    const errors: TransportError[] = [];
    const seen: string[] = [];
    const ends = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
    const handled = Promise.withResolvers<void>();
    const consume = async ({ envelope: { id }, occupied }: Delivery): Promise<Settlement> => {
      seen.push(id);
      if (id === 'after') handled.resolve();
      const end = ends[Number(id) - 1];
      if (end !== undefined) occupied?.(end.promise);
      return { kind: 'complete' };
    };
    const onError = (error: TransportError): number => errors.push(error);
    const subscription = await transport.subscribe('work', consume, { concurrency: 3, onError });
    const kept = async (count: number): Promise<void> => {
      while ((subscription.health().occupied ?? 0) !== count || subscription.health().inFlight !== count) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await other.send([outgoing('1')]);
    await kept(1);
    deepEqual(subscription.health(), { state: 'running', inFlight: 1, occupied: 1 });
    await other.send([outgoing('2')]);
    await kept(2);
    matches(subscription.health(), {
      state: 'stalled',
      inFlight: 2,
      occupied: 2,
      detail: /^2 of 3 places are taken by handlers that ran past their time limit/,
    });
    // Settled: nobody gets them again.
    await environment.advance(2 * environment.lockDurationMs);
    await other.send([outgoing('3')]);
    await kept(3);
    // No place is left, so nothing is received.
    const rival = await receive(other, 'work');
    await other.send([outgoing('rivals')]);
    equal((await rival.complete()).envelope.id, 'rivals');
    await rival.subscription.stop();
    ends[0]?.reject(new Error('the handler failed in the end'));
    ends[1]?.resolve();
    ends[2]?.resolve();
    await kept(0);
    await other.send([outgoing('after')]);
    await handled.promise;
    deepEqual(seen, ['1', '2', '3', 'after']);
    deepEqual(errors, []);
  },
};
