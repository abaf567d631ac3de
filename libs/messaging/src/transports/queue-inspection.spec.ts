import { describe, expect, it } from '@jest/globals';
import { RabbitMqEnvironment } from '../../test/rabbitmq/rabbitmq-environment.js';
import { whereInstalled } from '../../test/rabbitmq/where-installed.js';
import { ServiceBusEnvironment } from '../../test/service-bus-environment.js';
import { createEnvelopeWriter } from '../envelope-writer.js';
import { memoryHarness } from '../testing/memory-harness.js';
import type { TransportEnvironment } from '../testing/transport-harness.js';
import { type Delivery, type Settlement, type Transport, TransportError } from '../transport.js';
import { until } from '../testing/until.js';

const write = createEnvelopeWriter('/spec');
const contract = { type: 'work.done', version: 1, kind: 'event' as const, parse: (value: unknown) => value };
const outgoing = (id: string) => ({ to: { queue: 'work' }, envelope: write(contract, {}, { id }) });

/** Runs a test with a transport to a broker of its own. */
async function within(start: () => Promise<TransportEnvironment>, test: (transport: Transport) => Promise<void>) {
  const environment = await start();
  try {
    await test(await environment.connect());
  } finally {
    await environment.close();
  }
}

/** Takes one message and says what becomes of it. */
async function takeOne(transport: Transport, settlement: Settlement): Promise<Delivery> {
  const taken = Promise.withResolvers<Delivery>();
  const consume = async (delivery: Delivery): Promise<Settlement> => {
    taken.resolve(delivery);
    return settlement;
  };
  const subscription = await transport.subscribe('work', consume, { concurrency: 1, onError: () => {} });
  const delivery = await taken.promise;
  await subscription.stop();
  return delivery;
}

function inspects(start: () => Promise<TransportEnvironment>): void {
  it('counts what waits and what is dead, and says what it cannot count', () =>
    within(start, async (transport) => {
      expect(transport.capabilities.queueCounts).toBe(true);
      await transport.send([outgoing('a'), outgoing('b'), outgoing('c')]);
      await takeOne(transport, { kind: 'dead-letter', reason: 'Bad', detail: 'It is bad.' });
      await until(async () => {
        const counts = await transport.inspection?.counts('work');
        return counts?.deadLetters === 1 && counts.active < 3;
      });
      expect((await transport.inspection?.counts('other')) ?? {}).toMatchObject({ active: 0, deadLetters: 0 });
      const missing = transport.inspection?.counts('nowhere');
      await expect(missing).rejects.toBeInstanceOf(TransportError);
      await expect(missing).rejects.toMatchObject({ code: 'QueueNotFound', retryable: false });
    }));

  it('looks at the head of a queue without taking, where it says so', () =>
    within(start, async (transport) => {
      await transport.send([outgoing('a'), outgoing('b'), outgoing('c')]);
      const { browsing } = transport.capabilities;
      expect(transport.inspection?.peek !== undefined).toBe(browsing === 'peek');
      expect(transport.deadLetters !== undefined).toBe(browsing !== undefined);
      if (browsing !== 'peek') return;
      for (const _ of [1, 2]) {
        expect((await transport.inspection?.peek?.('work', 2))?.map(({ id }) => id)).toEqual(['a', 'b']);
      }
      expect((await takeOne(transport, { kind: 'complete' })).attempt).toBe(1);
    }));

  it('sends what other programs send, with nothing of ours', () =>
    within(start, async (transport) => {
      await transport.sendForeign?.([
        { to: { queue: 'work' }, body: Buffer.from('{"a":1}'), subject: 'work.old', properties: { colour: 'red' } },
      ]);
      const { envelope } = await takeOne(transport, { kind: 'complete' });
      expect(envelope).toMatchObject({ type: 'work.old', version: 0, source: '/unknown', headers: { colour: 'red' } });
      expect(Buffer.from(envelope.body).toString()).toBe('{"a":1}');
      expect(envelope.id).not.toBe('');
    }));
}

describe('memory', () => inspects(async () => memoryHarness.start()));
describe('Azure Service Bus', () => inspects(() => ServiceBusEnvironment.start()));
whereInstalled(() => inspects(() => RabbitMqEnvironment.start()));
