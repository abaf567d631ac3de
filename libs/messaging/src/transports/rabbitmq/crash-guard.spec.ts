import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RabbitMqEnvironment, rabbitMqTopology } from '../../../test/rabbitmq/rabbitmq-environment.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { startConsumer } from '../../consumer.js';
import type { Contract } from '../../contract.js';
import { handle } from '../../handling.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import type { TestedTransport } from '../../testing/transport-harness.js';
import type { Delivery, Settlement } from '../../transport.js';

const work: Contract = { type: 'work.do', version: 1, kind: 'event', parse: (value) => value };
/** What waits for the broker's delay of an isolated message. */
const timeoutMs = 120_000;

whereInstalled(() => {
  describe('processes that are killed', () => {
    let environment: RabbitMqEnvironment;

    beforeEach(async () => {
      environment = await RabbitMqEnvironment.start();
    });
    afterEach(() => environment.close());

    const consume = (
      transport: TestedTransport,
      handler: (id: string, delivery: Delivery) => Promise<void>,
      onSettled: (settled: Settlement) => void,
    ) =>
      startConsumer({
        transport,
        queue: 'work',
        handlers: [handle(work, ({ id }, delivery) => handler(id, delivery))],
        middleware: [
          (next) => async (delivery) => {
            const settlement = await next(delivery);
            onSettled(settlement);
            return settlement;
          },
        ],
        concurrency: 20,
        policy: { immediate: [] },
        clock: environment.clock,
        onError: () => {},
      });
    /** Dies with everything in hand that it received, before it could begin with any of it. */
    const dieWith = async (mortal: TestedTransport, count: number): Promise<void> => {
      const doomed = await receive(mortal, 'work', count);
      for (let inHand = 0; inHand < count; inHand += 1) await doomed.next();
      await environment.crash(mortal);
    };
    const names = (count: number) => Array.from({ length: count }, (_, index) => `good${index}`);
    /** Handles until so many are settled for good; says which, in their order. */
    const handleAll = async (transport: TestedTransport, count: number): Promise<readonly string[]> => {
      const handled: string[] = [];
      const done = Promise.withResolvers<void>();
      let settled = 0;
      const consumer = await consume(
        transport,
        async (id) => void handled.push(id),
        ({ kind }) => {
          if (kind !== 'release') settled += 1;
          if (settled === count) done.resolve();
        },
      );
      await done.promise;
      await consumer.stop();
      return handled;
    };
    const letters = async (transport: TestedTransport) =>
      (await transport.deadLetters.peek('work')).letters.map(({ id, reason }) => `${id}: ${reason}`);

    it(
      'leave no dead letter behind: 20 messages that five of them had in hand, begun by none, are handled',
      async () => {
        const sender = await environment.connect();
        await sender.send(names(20).map((id) => outgoing(id)));
        for (let deaths = 0; deaths < 5; deaths += 1) await dieWith(await environment.connect(), 20);
        expect([...(await handleAll(sender, 20))].sort()).toEqual(names(20).sort());
        expect(await letters(sender)).toEqual([]);
      },
      timeoutMs,
    );

    it('leave none behind on an ordered queue either when they are three, where all keep their place', async () => {
      const topology = { ...rabbitMqTopology, queues: [{ name: 'work', singleActiveConsumer: true }], topics: {} };
      const connect = () => environment.connectThroughProxy({ topology }).then(({ transport }) => transport);
      const sender = await connect();
      await sender.send(names(20).map((id) => outgoing(id)));
      for (let deaths = 0; deaths < 3; deaths += 1) await dieWith(await connect(), 20);
      await sender.send([outgoing('behind')]);
      const handled = await handleAll(sender, 21);
      expect([...handled].sort()).toEqual([...names(20), 'behind'].sort());
      expect(handled.at(-1)).toBe('behind');
      expect(await letters(sender)).toEqual([]);
    });

    it(
      'by one message are four, whatever else they have in hand, and then it alone is given up',
      async () => {
        const sender = await environment.connect();
        await sender.send([...names(4), 'killer', ...names(9).slice(4)].map((id) => outgoing(id)));
        const handled = new Set<string>();
        const done = Promise.withResolvers<'done'>();
        let [deaths, givenUp] = [0, 0];
        for (;;) {
          const process = await environment.connect();
          const died = Promise.withResolvers<'died'>();
          const all = Promise.withResolvers<void>();
          let inHand = 0;
          let isDead = false;
          await consume(
            process,
            async (id, { unsettledAlone }) => {
              inHand += 1;
              if (inHand === 10) all.resolve();
              // The first two times its neighbours are in hand with it.
              if (unsettledAlone === undefined) await all.promise;
              if (id === 'killer') {
                isDead = true;
                died.resolve('died');
              }
              if (isDead || unsettledAlone === undefined) await new Promise(() => {});
              handled.add(id);
            },
            ({ kind }) => {
              if (kind === 'dead-letter') givenUp += 1;
              if (handled.size === 9 && givenUp > 0) done.resolve('done');
            },
          );
          if ((await Promise.race([died.promise, done.promise])) === 'done') break;
          deaths += 1;
          await environment.crash(process);
        }
        let given = await letters(sender);
        while (given.length === 0) given = await letters(sender);
        expect(given).toEqual(['killer: CrashedRepeatedly']);
        expect(deaths).toBe(4);
      },
      timeoutMs,
    );
  });
});
