import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function closesForGood(harness: TransportHarness): void {
  it('closes once for good, after what is in flight', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const work = await receive(transport, 'work');
      await transport.send([outgoing('m')]);
      const running = await work.next();
      const closing = [transport.close(), transport.close()];
      running.settle({ kind: 'complete' });
      await Promise.all(closing);

      expect(work.subscription.health().state).toBe('stopped');
      const closed = { name: 'TransportError', code: 'Closed', retryable: false };
      await expect(transport.send([outgoing('late')])).rejects.toMatchObject(closed);
      await expect(receive(transport, 'work')).rejects.toMatchObject(closed);
      const other = await environment.connect();
      const rest = await receive(other, 'work');
      await other.send([outgoing('fence')]);
      expect((await rest.complete()).envelope.id).toBe('fence');
    }));
}
