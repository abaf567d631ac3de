import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';

export const keepsStateWithASession: Behaviour = {
  sentence: 'keeps what consumers put into the state of a session, over retries and holders, until they remove it',
  needs: 'sessions',
  async run(environment) {
    const transport = await environment.connect();
    const first = await receiveOrdered(transport);
    await sendOrdered(transport, 'a1');
    const delivery = await first.of('a1');
    equal(await delivery.session?.state(), undefined);
    await delivery.session?.setState(Uint8Array.of(1, 2, 255));
    delivery.settle({ kind: 'retry', delayMs: 0, reason: 'once' });
    await first.complete('a1');
    await first.subscription.stop();

    const second = await receiveOrdered(await environment.connect());
    await sendOrdered(transport, 'a2', 'b1');
    const next = await second.of('a2');
    deepEqual([...((await next.session?.state()) ?? [])], [1, 2, 255]);
    equal(await (await second.of('b1')).session?.state(), undefined);
    await next.session?.setState(undefined);
    equal(await next.session?.state(), undefined);
  },
};
