import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import type { Settlement } from '../../transport.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const handsBackWhatArrivesWhileItStops: Behaviour = {
  sentence: 'hands nothing to its consumer any more once it stops, and burns no attempt of what arrives meanwhile',
  async run(environment) {
    const [transport, other] = [await environment.connect(), await environment.connect()];
    const ids = Array.from({ length: 20 }, (_, index) => `m-${index}`);
    const handled: string[] = [];
    const begun = Promise.withResolvers<void>();
    let stopped: Promise<void> | undefined;
    const consume = async ({ envelope }: { readonly envelope: { readonly id: string } }): Promise<Settlement> => {
      // The others are on their way: there is room for all of them.
      stopped ??= subscription.stop();
      handled.push(envelope.id);
      begun.resolve();
      return { kind: 'complete' };
    };
    const subscription = await transport.subscribe('work', consume, { concurrency: ids.length, onError: () => {} });
    await other.send(ids.map((id) => outgoing(id)));
    await begun.promise;
    await stopped;

    deepEqual(handled, ['m-0']);
    const rest = await receive(other, 'work');
    const seen: [string, number][] = [];
    while (seen.length < ids.length - 1) {
      const { envelope, attempt } = await rest.complete();
      seen.push([envelope.id, attempt]);
    }
    deepEqual(
      seen.sort(),
      ids
        .slice(1)
        .map((id) => [id, 1])
        .sort(),
    );
  },
};
