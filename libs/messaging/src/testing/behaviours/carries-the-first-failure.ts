import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function carriesTheFirstFailure(harness: TransportHarness): void {
  it('carries the first reason for a delayed redelivery along, through a crash, until the message is replayed', () =>
    inEnvironment(harness, async (environment) => {
      const mortal = await environment.connect();
      const doomed = await receive(mortal, 'work');
      await mortal.send([outgoing('m')]);
      const first = await doomed.next();
      expect(first.firstFailure).toBeUndefined();
      first.settle({ kind: 'retry', delayMs: 0, reason: `first ${'x'.repeat(600)}` });
      expect((await doomed.next()).firstFailure).toBe(`first ${'x'.repeat(494)}`);
      await environment.crash(mortal);
      await environment.advance(environment.lockDurationMs);

      const transport = await environment.connect();
      const work = await receive(transport, 'work');
      (await work.next()).settle({ kind: 'retry', delayMs: 0, reason: 'second' });
      const third = await work.next();
      expect(third.firstFailure).toBe(`first ${'x'.repeat(494)}`);
      third.settle({ kind: 'dead-letter', reason: 'Bug', detail: 'Fixed by now.' });
      await transport.send([outgoing('fence')]);
      await work.complete();
      await transport.deadLetters.replay('work');
      expect((await work.complete()).firstFailure).toBeUndefined();
    }));
}
