import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function doesNotBurnAnAttemptOnRelease(harness: TransportHarness): void {
  it('does not burn an attempt on a release, however often it happens', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const work = await receive(transport, 'work');
      await transport.send([outgoing('m')]);
      for (let times = 0; times < 3; times += 1) {
        const delivery = await work.next();
        expect(delivery).toMatchObject({ attempt: 1, envelope: { id: 'm' } });
        delivery.settle({ kind: 'release' });
      }
      expect((await work.complete()).attempt).toBe(1);
    }));
}
