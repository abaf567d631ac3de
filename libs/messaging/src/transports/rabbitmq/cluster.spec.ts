import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster } from '../../../test/rabbitmq/cluster.js';
import { rabbitMqTopology } from '../../../test/rabbitmq/rabbitmq-environment.js';
import { manage } from '../../../test/rabbitmq/virtual-host.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { outgoing } from '../../testing/outgoing.js';
import { type Outgoing, type Settlement, type Transport, TransportError } from '../../transport.js';
import { createRabbitMqTransport } from './index.js';

/** How long a sender waits before it sends again what was refused, in milliseconds. */
const resendPauseMs = 100;

whereInstalled(() => {
  describe('a transport to a cluster of three nodes', () => {
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await Cluster.start(3);
    }, 240_000);
    afterAll(() => cluster?.remove());

    it('goes on with another node when the one it uses is killed under load, and loses nothing', async () => {
      const [first, second] = cluster.nodes;
      if (first === undefined || second === undefined) throw new Error('There is no cluster.');
      expect(await manage(second.place, 'GET', 'nodes')).toHaveLength(3);
      const url = cluster.nodes.map(({ place }) => `amqp://guest:guest@127.0.0.1:${place.port}`);
      const options = { topology: rabbitMqTopology, maxReconnectDelayMs: 500, requestTimeoutMs: 120_000 };
      const [sender, consumer] = [createRabbitMqTransport({ url }, options), createRabbitMqTransport({ url }, options)];
      const total = 100;
      const seen = new Set<string>();
      const [begun, all] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const consume = async ({ envelope: { id }, attempt }: { envelope: { id: string }; attempt: number }) => {
        if (Number(id) % 5 === 0 && attempt === 1) {
          return { kind: 'retry', delayMs: 500, reason: 'again' } as Settlement;
        }
        seen.add(id);
        if (seen.size === 10) begun.resolve();
        if (seen.size === total) all.resolve();
        return { kind: 'complete' } as Settlement;
      };
      const subscription = await consumer.subscribe('work', consume, { concurrency: 8, onError: () => {} });
      const sending = Array.from({ length: total }, async (_, number) => {
        if (number >= total / 2) await begun.promise;
        await sendAgain(sender, [outgoing(String(number))]);
      });
      await begun.promise;
      // The one that both are connected to.
      await first.kill();
      await Promise.all(sending);
      await all.promise;
      expect(subscription.health().state).toBe('running');
      await Promise.all([sender.close(), consumer.close()]);
    }, 180_000);
  });
});

/** As a relay does: what the broker refuses while the queue has no leader is sent again under the same id. */
async function sendAgain(sender: Transport, messages: readonly Outgoing[]): Promise<void> {
  for (;;) {
    try {
      return await sender.send(messages);
    } catch (error) {
      if (!isTrouble(error)) throw error;
      await delay(resendPauseMs);
    }
  }
}

function isTrouble(error: unknown): boolean {
  return error instanceof TransportError && error.retryable;
}
