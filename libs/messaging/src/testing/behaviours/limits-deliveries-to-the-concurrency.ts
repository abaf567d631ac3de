import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function limitsDeliveriesToTheConcurrency(harness: TransportHarness): void {
  it('hands out no more deliveries at a time than asked for, and as many', () =>
    inEnvironment(harness, async (environment) => {
      const [transport, other] = [await environment.connect(), await environment.connect()];
      const work = await receive(transport, 'work', 3);
      await transport.send(['1', '2', '3', '4', '5'].map((id) => outgoing(id)));
      const running = [await work.next(), await work.next(), await work.next()];
      expect(work.subscription.health()).toEqual({ state: 'running', inFlight: 3 });

      const rest = await receive(other, 'work', 2);
      expect((await rest.complete()).envelope.id).toBe('4');
      expect((await rest.complete()).envelope.id).toBe('5');
      expect(work.waiting).toBe(0);

      running[1]?.settle({ kind: 'complete' });
      await rest.subscription.stop();
      await other.send([outgoing('6')]);
      expect((await work.complete()).envelope.id).toBe('6');
    }));
}
