import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { RabbitMqEnvironment, rabbitMqTopology } from '../../../test/rabbitmq/rabbitmq-environment.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import { Connection } from './connection.js';

whereInstalled(() => {
  let environment: RabbitMqEnvironment;

  beforeEach(async () => {
    environment = await RabbitMqEnvironment.start();
  });
  afterEach(() => environment.close());

  it('believes no channel for long that refuses: sends on another, in order, what it is given meanwhile', async () => {
    const topology = { ...rabbitMqTopology, queues: [{ name: 'work', maxMessages: 1 }, { name: 'other' }], topics: {} };
    const { transport } = await environment.connectThroughProxy({ topology });
    const opened = jest.spyOn(Connection.prototype, 'confirmChannel');
    const sent = (id: string) =>
      transport.send([outgoing(id)]).then(
        () => true,
        () => false,
      );
    for (let tries = 0; tries < 1_000 && (await sent(`m-${tries}`)); tries += 1) continue;
    const before = opened.mock.calls.length;
    environment.clock.advance(1_000);
    const refused = sent('a second later');
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    const others = ids.map((id) => transport.send([outgoing(id, {}, { queue: 'other' })]));
    expect(await refused).toBe(false);
    await Promise.all(others);
    await sent('on the next channel');
    expect(opened.mock.calls.length).toBeGreaterThan(before);
    const work = await receive(transport, 'other');
    for (const id of ids) expect((await work.complete()).envelope.id).toBe(id);
    opened.mockRestore();
  });
});
