import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function retriesAfterADelayToThisQueueOnly(harness: TransportHarness): void {
  it('retries after the delay, to this queue only, with the next attempt and the same envelope', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const [work, other] = [await receive(transport, 'work'), await receive(transport, 'other')];
      const message = outgoing('m', { type: 'other.happened' }, { topic: 'happenings' });
      await transport.send([message]);
      await other.complete();
      (await work.next()).settle({ kind: 'retry', delayMs: environment.longDelayMs, reason: 'not yet' });

      await transport.send([outgoing('before')]);
      expect((await work.complete()).envelope.id).toBe('before');
      // A broker's time goes on by itself as well: what is left has to last for the next delivery.
      await environment.advance(environment.longDelayMs / 2);
      await transport.send([outgoing('still before')]);
      expect((await work.complete()).envelope.id).toBe('still before');
      await environment.advance(environment.longDelayMs / 2);

      const second = await work.complete();
      expect(second.attempt).toBe(2);
      expect({ ...second.envelope, body: [...second.envelope.body] }).toEqual({
        ...message.envelope,
        body: [...message.envelope.body],
      });
      await transport.send([outgoing('fence', {}, { queue: 'other' })]);
      expect((await other.complete()).envelope.id).toBe('fence');
    }));
}
