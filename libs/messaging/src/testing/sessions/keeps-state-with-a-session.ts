import { expect, it } from '@jest/globals';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';
import { receiveOrdered, sendOrdered } from './session-bench.js';

export function keepsStateWithASession(harness: TransportHarness): void {
  it('keeps what consumers put into the state of a session, over retries and holders, until they remove it', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const first = await receiveOrdered(transport);
      await sendOrdered(transport, 'a1');
      const delivery = await first.of('a1');
      expect(await delivery.session?.state()).toBeUndefined();
      await delivery.session?.setState(Uint8Array.of(1, 2, 255));
      delivery.settle({ kind: 'retry', delayMs: 0, reason: 'once' });
      await first.complete('a1');
      await first.subscription.stop();

      const second = await receiveOrdered(await environment.connect());
      await sendOrdered(transport, 'a2', 'b1');
      const next = await second.of('a2');
      expect([...((await next.session?.state()) ?? [])]).toEqual([1, 2, 255]);
      expect(await (await second.of('b1')).session?.state()).toBeUndefined();
      await next.session?.setState(undefined);
      expect(await next.session?.state()).toBeUndefined();
    }));
}
