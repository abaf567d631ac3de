import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function pausesAndResumes(harness: TransportHarness): void {
  it('receives nothing new while it is paused, settles what is in flight, and goes on when it is resumed', () =>
    inEnvironment(harness, async (environment) => {
      const [transport, other] = [await environment.connect(), await environment.connect()];
      const work = await receive(transport, 'work', 3);
      await other.send([outgoing('1')]);
      const running = await work.next();
      await work.subscription.setConcurrency(0);
      await other.send([outgoing('2'), outgoing('3')]);
      const rival = await receive(other, 'work');
      expect(await rival.complete()).toMatchObject({ attempt: 1, envelope: { id: '2' } });
      expect(await rival.complete()).toMatchObject({ attempt: 1, envelope: { id: '3' } });
      await rival.subscription.stop();
      expect([work.waiting, running.signal.aborted, work.subscription.health().inFlight]).toEqual([0, false, 1]);
      await environment.advance(2 * environment.lockDurationMs);
      running.settle({ kind: 'complete' });

      await work.subscription.setConcurrency(2);
      await other.send(['4', '5', '6'].map((id) => outgoing(id)));
      const again = [await work.next(), await work.next()];
      expect(again.map(({ envelope, attempt }) => [envelope.id, attempt]).sort()).toEqual([
        ['4', 1],
        ['5', 1],
      ]);
      const rest = await receive(other, 'work');
      expect((await rest.complete()).envelope.id).toBe('6');
      expect(work.waiting).toBe(0);
      for (const delivery of again) delivery.settle({ kind: 'complete' });
      expect(work.errors).toEqual([]);
    }));

  it('hands out no more than a lowered limit, and as many as a raised one', () =>
    inEnvironment(harness, async (environment) => {
      const [transport, other] = [await environment.connect(), await environment.connect()];
      const work = await receive(transport, 'work', 3);
      await other.send(['1', '2', '3'].map((id) => outgoing(id)));
      const running = [await work.next(), await work.next(), await work.next()];
      await work.subscription.setConcurrency(1);
      await other.send([outgoing('4'), outgoing('5')]);
      running[0]?.settle({ kind: 'complete' });
      running[1]?.settle({ kind: 'complete' });
      const rival = await receive(other, 'work');
      expect((await rival.complete()).envelope.id).toBe('4');
      expect((await rival.complete()).envelope.id).toBe('5');
      await rival.subscription.stop();
      expect(work.waiting).toBe(0);
      running[2]?.settle({ kind: 'complete' });

      await other.send([outgoing('6')]);
      expect((await work.complete()).envelope.id).toBe('6');
      await work.subscription.setConcurrency(4);
      await other.send(['7', '8', '9', '10'].map((id) => outgoing(id)));
      const many = [await work.next(), await work.next(), await work.next(), await work.next()];
      expect(work.subscription.health().inFlight).toBe(4);
      for (const delivery of many) delivery.settle({ kind: 'complete' });
    }));

  it('refuses a limit that it cannot keep', () =>
    inEnvironment(harness, async (environment) => {
      const work = await receive(await environment.connect(), 'work');
      const refused = { code: 'InvalidOptions', retryable: false };
      for (const limit of [-1, 1.5, 1_001, NaN]) {
        await expect(work.subscription.setConcurrency(limit)).rejects.toMatchObject(refused);
      }
      await work.subscription.stop();
      await work.subscription.setConcurrency(1);
      expect(work.subscription.health().state).toBe('stopped');
    }));
}
