import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import type { TransportError } from '../../transport.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const letsTheLockRunOutWhenAConsumerRejects: Behaviour = {
  sentence: 'lets the lock run out when a consumer rejects, instead of burning its attempts at once',
  async run(environment) {
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
    equal((await work.complete()).envelope.id, 'fence');
    deepEqual(attempts, [1]);
    deepEqual(
      errors.map(({ code }) => code),
      ['ConsumerRejected'],
    );
    await environment.advance(environment.lockDurationMs);
    matches(await work.complete(), { attempt: 2, envelope: { id: 'm' } });
  },
};
