import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

/** More than any broker's limit of deliveries in the suite, twice over. */
const releases = 25;

export function survivesAnyNumberOfReleases(harness: TransportHarness): void {
  it('releases a message any number of times: the broker never gives it up, and no attempt is counted', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const work = await receive(transport, 'work');
      await transport.send([outgoing('m', { headers: { tenant: 'a' } })]);
      for (let times = 0; times < releases; times += 1) {
        const delivery = await work.next();
        expect(delivery).toMatchObject({ attempt: 1, unsettled: 0, envelope: { id: 'm', headers: { tenant: 'a' } } });
        delivery.settle({ kind: 'release' });
      }
      expect((await work.complete()).attempt).toBe(1);
      await transport.send([outgoing('fence')]);
      expect((await work.complete()).envelope.id).toBe('fence');
      expect((await transport.deadLetters.peek('work')).letters).toEqual([]);
      expect(work.errors).toEqual([]);
    }));
}
