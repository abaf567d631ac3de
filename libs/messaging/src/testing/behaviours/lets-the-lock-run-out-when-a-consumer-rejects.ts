import { expect, it } from '@jest/globals';
import type { TransportError } from '../../transport.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function letsTheLockRunOutWhenAConsumerRejects(harness: TransportHarness): void {
  it('lets the lock run out when a consumer rejects, instead of burning its attempts at once', () =>
    inEnvironment(harness, async (environment) => {
      const [transport, other] = [await environment.connect(), await environment.connect()];
      const attempts: number[] = [];
      const errors: TransportError[] = [];
      let report = (): void => {};
      const reported = new Promise<void>((resolve) => (report = resolve));
      const broken = async ({ attempt }: { readonly attempt: number }): Promise<never> => {
        attempts.push(attempt);
        throw new Error('A bug above the transport.');
      };
      const onError = (error: TransportError): void => {
        errors.push(error);
        report();
      };
      const subscription = await transport.subscribe('work', broken, { concurrency: 1, onError });
      await transport.send([outgoing('m')]);
      await reported;
      await subscription.stop();

      const work = await receive(other, 'work');
      await other.send([outgoing('fence')]);
      expect((await work.complete()).envelope.id).toBe('fence');
      expect(attempts).toEqual([1]);
      expect(errors.map(({ code }) => code)).toEqual(['ConsumerRejected']);
      await environment.advance(environment.lockDurationMs);
      expect(await work.complete()).toMatchObject({ attempt: 2, envelope: { id: 'm' } });
    }));
}
