import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RabbitMqEnvironment, rabbitMqTopology } from '../../../test/rabbitmq/rabbitmq-environment.js';
import { manage } from '../../../test/rabbitmq/virtual-host.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { deadLetterIds } from '../../testing/dead-letter-messages.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import { createRabbitMqTransport } from './index.js';

whereInstalled(() => {
  describe('the topology of a transport on a real broker', () => {
    let environment: RabbitMqEnvironment;

    beforeEach(async () => {
      environment = await RabbitMqEnvironment.start();
    });
    afterEach(() => environment.close());

    const connect = () => environment.connectThroughProxy().then(({ transport }) => transport);

    it('refuses a topology that differs from what exists, names each difference, changes nothing, and goes on trying', async () => {
      await (await connect()).applyTopology();
      const queues = rabbitMqTopology.queues.map(({ name }) => ({ name, maxDeliveryCount: 5 }));
      const { transport } = await environment.connectThroughProxy({ topology: { ...rabbitMqTopology, queues } });
      const refused = transport.send([outgoing('m')]);
      await expect(refused).rejects.toMatchObject({ code: 'InvalidTopology', retryable: false });
      // Somebody may mend it, so that a subscription goes on trying, and says what differs.
      const subscription = await transport.subscribe('work', async () => ({ kind: 'complete' }), options);
      const { state, detail } = subscription.health();
      expect(state).toBe('connecting');
      for (const name of ['work', 'other']) {
        expect(detail).toContain(`queue "${name}": inequivalent arg 'x-delivery-limit' for queue '${name}'`);
      }
    });

    it('only checks the topology for a user who may not configure, and serves that user', async () => {
      const { virtualHost } = environment;
      const owner = await connect();
      const user = `${virtualHost.name}-app`;
      await manage(virtualHost.place, 'PUT', `users/${user}`, { password: 'secret', tags: '' });
      try {
        await manage(virtualHost.place, 'PUT', `permissions/${virtualHost.name}/${user}`, {
          configure: '',
          write: '^(amq\\.default|messaging\\.delay\\..*|happenings)$',
          read: '^work(\\.dead-letters)?$',
        });
        const url = virtualHost.url(undefined, `${user}:secret`);
        const app = createRabbitMqTransport({ url }, { topology: rabbitMqTopology });
        await expect(app.applyTopology()).rejects.toThrow('queue "work" does not exist');
        expect(await owner.applyTopology()).toBe('asserted');
        expect(await app.applyTopology()).toBe('checked');
        await app.send([outgoing('m', {}, { topic: 'happenings' })]);
        const work = await receive(app, 'work');
        (await work.next()).settle({ kind: 'retry', delayMs: 1, reason: 'later' });
        (await work.next()).settle({ kind: 'dead-letter', reason: 'Bug', detail: '' });
        await app.send([outgoing('fence')]);
        await work.complete();
        expect(await deadLetterIds(app)).toEqual(['m']);
        await expect(receive(app, 'other')).rejects.toMatchObject({ code: 'Unauthorized' });
        await app.close();
      } finally {
        await manage(virtualHost.place, 'DELETE', `users/${user}`);
      }
    });

    it('gives a queue with a single active consumer to one at a time, whose releases keep their place', async () => {
      const topology = { ...rabbitMqTopology, queues: [{ name: 'work', singleActiveConsumer: true }], topics: {} };
      const connectOrdered = () => environment.connectThroughProxy({ topology }).then(({ transport }) => transport);
      const [active, idle] = [await connectOrdered(), await connectOrdered()];
      const first = await receive(active, 'work');
      const second = await receive(idle, 'work');
      await idle.send(['1', '2', '3'].map((id) => outgoing(id)));
      (await first.next()).settle({ kind: 'release' });
      expect(await first.complete()).toMatchObject({ envelope: { id: '1' } });
      expect((await first.complete()).envelope.id).toBe('2');
      expect(second.waiting).toBe(0);
      const last = await first.next();
      const stopped = first.subscription.stop();
      last.settle({ kind: 'complete' });
      await stopped;
      await idle.send([outgoing('4')]);
      expect((await second.complete()).envelope.id).toBe('4');
    });

    it('serves a classic queue: retries, crashes, which count once, and dead letters', async () => {
      const topology = { ...rabbitMqTopology, queues: [{ name: 'work', type: 'classic' as const }], topics: {} };
      const connectClassic = () => environment.connectThroughProxy({ topology }).then(({ transport }) => transport);
      const mortal = await connectClassic();
      const doomed = await receive(mortal, 'work');
      await mortal.send([outgoing('m')]);
      (await doomed.next()).settle({ kind: 'retry', delayMs: 1, reason: 'again' });
      expect((await doomed.next()).attempt).toBe(2);
      await environment.crash(mortal);
      const transport = await connectClassic();
      const work = await receive(transport, 'work');
      const again = await work.next();
      expect([again.attempt, again.unsettled]).toEqual([3, 1]);
      again.settle({ kind: 'dead-letter', reason: 'Bug', detail: '' });
      await transport.send([outgoing('fence')]);
      await work.complete();
      expect((await transport.deadLetters.peek('work')).letters).toMatchObject([
        { id: 'm', reason: 'Bug', attempt: 3 },
      ]);
      expect(await transport.deadLetters.replay('work')).toMatchObject({ replayed: 1 });
      expect((await work.complete()).attempt).toBe(1);
    });
  });
});

const options = { concurrency: 1, onError: () => {} };
