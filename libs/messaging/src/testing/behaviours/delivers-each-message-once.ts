import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function deliversEachMessageOnce(harness: TransportHarness): void {
  it('delivers each message once, to competing consumers of a queue', () =>
    inEnvironment(harness, async (environment) => {
      const [producer, one, two] = [
        await environment.connect(),
        await environment.connect(),
        await environment.connect(),
      ];
      const ids = Array.from({ length: 40 }, (_, index) => `m-${index}`);
      const receivers = [await receive(one, 'work', 4), await receive(two, 'work', 4)];
      await producer.send(ids.map((id) => outgoing(id)));

      const seen: string[] = [];
      let finish = (): void => {};
      const all = new Promise<void>((resolve) => (finish = resolve));
      for (const receiver of receivers) {
        void (async () => {
          for (;;) {
            seen.push((await receiver.complete()).envelope.id);
            if (seen.length >= ids.length) finish();
          }
        })();
      }
      await all;
      await one.close();
      await two.close();
      await environment.advance(2 * environment.lockDurationMs);

      const late = await receive(producer, 'work');
      await producer.send([outgoing('fence')]);
      expect((await late.complete()).envelope.id).toBe('fence');
      expect(seen.sort()).toEqual(ids.sort());
    }));
}
