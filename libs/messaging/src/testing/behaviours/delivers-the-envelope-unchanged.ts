import { deepEqual } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { matches } from '../matches.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const deliversTheEnvelopeUnchanged: Behaviour = {
  sentence: 'delivers the envelope unchanged, whatever its bytes are',
  async run(environment) {
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
      deepEqual(
        { ...delivery.envelope, body: [...delivery.envelope.body] },
        {
          ...envelope,
          body: [...envelope.body],
        },
      );
      matches(delivery, { queue: 'work', attempt: 1 });
    }
  },
};
