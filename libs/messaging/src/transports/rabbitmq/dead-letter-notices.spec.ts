import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RabbitMqEnvironment, rabbitMqTopology } from '../../../test/rabbitmq/rabbitmq-environment.js';
import { manage } from '../../../test/rabbitmq/virtual-host.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import type { WatchedLetter } from '../../dead-letter/dead-letters.js';
import { deadLetter, deadLetterIds } from '../../testing/dead-letter-messages.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import { until } from '../../testing/until.js';
import { describeTopology } from './index.js';
import type { RabbitMqTransport } from './rabbitmq-transport.js';

const notices = 'messaging.dead-letter-notices';

it('has a bounded queue of notices where the topology says so, and none elsewhere', () => {
  const lines = (deadLetterNotices: boolean) =>
    describeTopology({ ...rabbitMqTopology, deadLetterNotices }).split('\n');
  const added = lines(true).filter((line) => !lines(false).includes(line));
  const bounds = 'x-max-length=10000 x-max-length-bytes=67108864 x-message-ttl=60000';
  expect(added).toEqual([`queue ${notices} (durable) x-queue-type=classic x-overflow=drop-head ${bounds}`]);
});

whereInstalled(() => {
  describe('notices of dead letters on a real broker', () => {
    let environment: RabbitMqEnvironment;
    let transport: RabbitMqTransport;
    let ending: AbortController;

    beforeEach(async () => {
      environment = await RabbitMqEnvironment.start();
      ({ transport } = await environment.connectThroughProxy());
      ending = new AbortController();
    });
    afterEach(async () => {
      ending.abort();
      await environment.close();
    });

    /** What a watch was told of, and how it ended. */
    function watch(by: RabbitMqTransport, take: () => Promise<void> = async () => {}) {
      const seen: WatchedLetter[] = [];
      const ended = by.deadLetters.watch?.(
        async (letters) => {
          seen.push(...letters);
          await take();
        },
        { signal: ending.signal },
      );
      return { seen, ids: () => seen.map(({ letter }) => letter.id), ended };
    }

    it('tells of each letter as it is given up, and exactly as a look shows it', async () => {
      const { seen, ended } = watch(transport);
      await deadLetter(transport, ['1', '2', '3']);
      await until(() => seen.length === 3);
      const { letters } = await transport.deadLetters.browse('work', { most: 10 });
      expect(seen).toEqual(letters.map((letter) => ({ queue: 'work', letter })));
      ending.abort();
      await ended;
      // One that nobody took is kept for who comes.
      ending = new AbortController();
      await deadLetter(transport, ['4']);
      const { ids } = watch(transport);
      await until(() => ids().length > 0);
      expect(ids()).toEqual(['4']);
      expect(await deadLetterIds(transport)).toEqual(['1', '2', '3', '4']);
    });

    it('tells again what was not taken: by a failure, or by a process that died before its answer', async () => {
      await deadLetter(transport, ['1', '2']);
      const failing = watch(transport, () => Promise.reject(new Error('The database is away.')));
      await expect(failing.ended).rejects.toThrow('The database is away.');

      const { transport: other, proxy } = await environment.connectThroughProxy();
      const dying = watch(other, async () => proxy.cut());
      await expect(dying.ended).rejects.toMatchObject({ code: 'Unreachable', retryable: true });
      expect(dying.ids()).toEqual(['1', '2']);

      const { ids } = watch(transport);
      await until(() => ids().length === 2);
      expect(ids()).toEqual(['1', '2']);
    });

    it('leaves out what is no dead letter of a consumer', async () => {
      const { seen } = watch(transport);
      await transport.send([outgoing('foreign', {}, { queue: notices })]);
      await transport.send([outgoing('by hand', {}, { queue: 'work.dead-letters' })]);
      await deadLetter(transport, ['1']);
      await until(() => seen.length > 0);
      expect(seen.map(({ letter }) => letter.id)).toEqual(['1']);
    });

    it('keeps a letter in hand whose dead-letter queue was removed, although a notice would be stored', async () => {
      const work = await receive(transport, 'work');
      await transport.send([outgoing('m')]);
      const { place, name } = environment.virtualHost;
      await manage(place, 'DELETE', `queues/${name}/work.dead-letters`);
      (await work.next()).settle({ kind: 'dead-letter', reason: 'Refused', detail: 'No.' });
      await until(() => work.errors.length > 0);
      expect(work.errors[0]).toMatchObject({ code: 'QueueNotFound' });
      const { transport: mending } = await environment.connectThroughProxy();
      await mending.applyTopology();
      await until(async () => (await deadLetterIds(transport)).length === 1);
    });

    it('gives a letter up without its notice where that is refused', async () => {
      const work = await receive(transport, 'work');
      const { place, name } = environment.virtualHost;
      await manage(place, 'DELETE', `queues/${name}/${notices}`);
      const full = { durable: true, arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } };
      await manage(place, 'PUT', `queues/${name}/${notices}`, full);
      await transport.send([outgoing('foreign', {}, { queue: notices }), outgoing('m')]);
      (await work.next()).settle({ kind: 'dead-letter', reason: 'Refused', detail: 'No.' });
      await work.subscription.stop();
      expect(work.errors.map(({ code }) => code)).toEqual(['QueueFull']);
      // It may have been stored with the first publish as well.
      expect(new Set(await deadLetterIds(transport))).toEqual(new Set(['m']));
    });

    it('does without where the queue of notices cannot be found', async () => {
      await transport.applyTopology();
      const { place, name } = environment.virtualHost;
      await manage(place, 'DELETE', `queues/${name}/${notices}`);
      const { transport: other } = await environment.connectThroughProxy({ declare: 'check' });
      expect(await other.applyTopology()).toBe('checked');
      await deadLetter(other, ['1']);
      expect(await deadLetterIds(other)).toEqual(['1']);
      await expect(watch(other).ended).rejects.toMatchObject({ code: 'QueueNotFound' });
    });

    it('watches for nothing where the topology has no notices', async () => {
      const topology = { ...rabbitMqTopology, deadLetterNotices: false };
      const { transport: other } = await environment.connectThroughProxy({ topology });
      expect(other.deadLetters.watch).toBeUndefined();
      await deadLetter(other, ['1']);
      expect(await deadLetterIds(other)).toEqual(['1']);
    });
  });
});
