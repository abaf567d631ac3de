import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient } from '@azure/service-bus';
import { connectionStringTo, ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { deadLetter, deadLetterIds } from '../../testing/dead-letter-messages.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import { firstDelivery, nextGeneration, toNative } from '../../wire.js';
import { toServiceBusMessage } from './native-message.js';

describe('dead letters on Service Bus', () => {
  let environment: ServiceBusEnvironment;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
  });
  afterEach(() => environment.close());

  it('chooses one behind more than a link can hold, and leaves the others as they were', async () => {
    const transport = await environment.connect();
    const ids = Array.from({ length: 1_700 }, (_, index) => `m-${index}`);
    const subscription = await transport.subscribe(
      'work',
      async () => ({ kind: 'dead-letter', reason: 'Refused', detail: 'The test wanted it so.' }),
      { concurrency: 100, onError: () => {} },
    );
    await transport.send(ids.map((id) => outgoing(id)));
    const last = await allDeadLettered(transport, ids.length);
    await subscription.stop();

    const filter = ({ id }: { readonly id: string }): boolean => id === last;
    expect(await transport.deadLetters.replay('work', { filter })).toEqual({ replayed: 1, remaining: 0 });
    const work = await receive(transport, 'work');
    expect((await work.complete()).envelope.id).toBe(last);
    const { letters } = await transport.deadLetters.peek('work', { limit: 250 });
    expect(letters.every(({ attempt }) => attempt === 1)).toBe(true);
    expect(await transport.deadLetters.replay('work', { filter: () => false })).toEqual({ replayed: 0, remaining: 0 });
    expect(await transport.deadLetters.replay('work', { max: 10 })).toEqual({ replayed: 10, remaining: 1_689 });
  });

  it('sends nothing twice when a replay died between sending and completing', async () => {
    const transport = await environment.connect();
    await deadLetter(transport, ['m']);
    const client = new ServiceBusClient(connectionStringTo(environment.broker.port));
    const copy = toNative(outgoing('m').envelope, nextGeneration(firstDelivery));
    await client.createSender('work').sendMessages(toServiceBusMessage(copy));
    await client.close();

    expect(await transport.deadLetters.replay('work')).toEqual({ replayed: 1, remaining: 0 });
    expect(await deadLetterIds(transport)).toEqual([]);
    const work = await receive(transport, 'work');
    expect((await work.complete()).envelope.id).toBe('m');
    await transport.send([outgoing('fence')]);
    expect((await work.complete()).envelope.id).toBe('fence');
  });

  it('gives a message without an id one that it keeps, through dead-lettering and replay', async () => {
    const transport = await environment.connect();
    const client = new ServiceBusClient(connectionStringTo(environment.broker.port));
    await client.createSender('work').sendMessages({ body: Buffer.from('{}') });
    await client.close();
    const work = await receive(transport, 'work');
    const first = await work.next();
    expect(first.envelope).toMatchObject({ type: '', version: 0 });
    expect(first.envelope.id).not.toBe('');
    first.settle({ kind: 'dead-letter', reason: 'UnknownType', detail: 'It has no type.' });
    await transport.send([outgoing('fence')]);
    await work.complete();

    const { letters } = await transport.deadLetters.peek('work');
    expect(letters.map(({ id }) => id)).toEqual([first.envelope.id]);
    await transport.deadLetters.replay('work');
    expect((await work.complete()).envelope.id).toBe(first.envelope.id);
  });

  /** Pages through until `count` letters are there; the id of the last one. */
  async function allDeadLettered(
    transport: Awaited<ReturnType<ServiceBusEnvironment['connect']>>,
    count: number,
  ): Promise<string> {
    for (;;) {
      let seen = 0;
      let last = '';
      let from: string | undefined;
      do {
        const page = await transport.deadLetters.peek('work', { limit: 250, ...(from === undefined ? {} : { from }) });
        seen += page.letters.length;
        last = page.letters.at(-1)?.id ?? last;
        from = page.next;
      } while (from !== undefined);
      if (seen === count) return last;
    }
  }
});
