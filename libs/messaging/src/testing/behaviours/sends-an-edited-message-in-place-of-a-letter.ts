import { deepEqual, equal } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';

export const sendsAnEditedMessageInPlaceOfALetter: Behaviour = {
  sentence: 'sends an edited message in place of a dead letter, once, with everything that the edit does not name',
  async run(environment) {
    const transport = await environment.connect();
    const work = await receive(transport, 'work');
    const headers = { kept: 'a', changed: 'b', dropped: 'c' };
    await transport.send([outgoing('m', { headers, orderingKey: 'k', correlationId: 'request' })]);
    (await work.next()).settle({ kind: 'dead-letter', reason: 'Bug', detail: 'No.', consumerVersion: '1.2.3' });
    await work.subscription.stop();

    const body = new TextEncoder().encode('{"id":"mended"}');
    const edit = ({ letter }: { readonly letter: { readonly id: string } }) => ({
      ...{ id: 'edit-1', body },
      headers: { changed: 'B', dropped: undefined, from: letter.id, cloudEvents_type: 'never' },
    });
    deepEqual((await transport.deadLetters.replay('work', { edit })).replayed, 1);
    const again = await receive(transport, 'work');
    const { envelope, attempt } = await again.complete();
    deepEqual(
      [envelope.id, envelope.type, envelope.orderingKey, envelope.correlationId, envelope.contentType, attempt],
      ['edit-1', 'work.do', 'k', 'request', 'application/json', 1],
    );
    deepEqual(envelope.headers, { kept: 'a', changed: 'B', from: 'm' });
    equal(new TextDecoder().decode(envelope.body), '{"id":"mended"}');
    deepEqual((await transport.deadLetters.peek('work')).letters, []);
  },
};
