import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function deliversTheEnvelopeUnchanged(harness: TransportHarness): void {
  it('delivers the envelope unchanged, whatever its bytes are', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const work = await receive(transport, 'work');
      const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);
      const sent = [
        outgoing('full', {
          type: 'order.place',
          version: 3,
          source: '/producer',
          orderingKey: 'o-1',
          correlationId: 'c-1',
          contentType: 'application/octet-stream',
          headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'x-unicode': 'é☃' },
          body: everyByte,
        }),
        outgoing('bare', { version: 0, headers: {}, body: new Uint8Array() }),
      ];
      await transport.send(sent);

      for (const { envelope } of sent) {
        const delivery = await work.complete();
        expect({ ...delivery.envelope, body: [...delivery.envelope.body] }).toEqual({
          ...envelope,
          body: [...envelope.body],
        });
        expect(delivery).toMatchObject({ queue: 'work', attempt: 1 });
      }
    }));
}
