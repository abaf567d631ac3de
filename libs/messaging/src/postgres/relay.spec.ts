import { describe, expect, it } from '@jest/globals';
import { useRelays } from '../../test/use-relays.js';
import { BUCKETS, bucketOf } from '../outbox/bucket.js';
import { ManualClock } from '../testing/manual-clock.js';
import { recordingSend } from '../testing/outbox-suite.js';
import { until } from '../testing/until.js';
import { TransportError } from '../transport.js';

const relays = useRelays();
const { start, add, leases, empty } = relays;

describe('the relay', () => {
  it('sends what was there before it, and what a commit wakes it for, without waiting for a sweep', async () => {
    await add(['before', 'a']);
    const { send, ids } = recordingSend();
    const relay = start(send, { clock: new ManualClock() });
    await until(empty);
    await add(['after', 'a']);
    await until(empty);
    expect(ids()).toEqual(['before', 'after']);
    expect(relay.health()).toEqual({ state: 'running', buckets: BUCKETS });
  });

  it('keeps the order of every key under concurrent writers, with small batches', async () => {
    const { send, sent } = recordingSend();
    start(send, { batch: 7, clock: new ManualClock() });
    const writer = async (key: string): Promise<void> => {
      for (let n = 0; n < 20; n += 1) await add([`${key}-${n}`, key]);
    };
    const keys = Array.from({ length: 8 }, (_, index) => `key${index}`);
    await Promise.all(keys.map(writer));
    await until(empty);
    for (const key of keys) {
      const numbers = sent.filter(({ envelope }) => envelope.orderingKey === key).map(({ envelope }) => envelope.id);
      expect(numbers).toEqual(Array.from({ length: 20 }, (_, n) => `${key}-${n}`));
    }
  });

  it('keeps four batches in flight, never two of one bucket', async () => {
    const keys = Array.from({ length: BUCKETS * 4 }, (_, index) => `key${index}`);
    await add(...keys.map((key) => [key, key] as const));
    const inFlight = new Set<number>();
    let most = 0;
    let batches = 0;
    const four = Promise.withResolvers<void>();
    start(
      async (messages) => {
        const buckets = new Set(messages.map(({ envelope }) => bucketOf(envelope.orderingKey ?? '')));
        for (const bucket of buckets) {
          expect(inFlight.has(bucket)).toBe(false);
          inFlight.add(bucket);
        }
        batches += 1;
        most = Math.max(most, batches);
        await four.promise;
        await relays.database.pool.query('SELECT pg_sleep(0.02)');
        batches -= 1;
        for (const bucket of buckets) inFlight.delete(bucket);
      },
      { batch: 5, clock: new ManualClock() },
    );
    await until(() => most === 4).finally(four.resolve);
    await until(empty);
    expect(most).toBe(4);
  });

  it('waits while the broker is away, says so, and goes on by itself when it is back', async () => {
    let away = true;
    const recorded = recordingSend(() =>
      away ? new TransportError('Unreachable', 'Connection refused.', true) : undefined,
    );
    const clock = new ManualClock();
    const errors: unknown[] = [];
    const relay = start(recorded.send, { clock, onError: (error) => errors.push(error) });
    await add(['a', 'a'], ['b', 'b']);
    await until(() => relay.health().state === 'degraded');
    expect(relay.health()).toMatchObject({
      detail: 'queue work: Unreachable: Connection refused.',
      troubles: [{ destination: 'queue work', code: 'Unreachable', detail: 'Connection refused.' }],
    });
    expect(recorded.ids()).toEqual([]);
    expect(errors.length).toBeGreaterThan(0);

    away = false;
    await until(async () => {
      await clock.advance(1_000);
      return await empty();
    });
    await until(() => relay.health().state === 'running');
    expect(recorded.ids().sort()).toEqual(['a', 'b']);
  });

  it('tries a held key again after its backoff, in order', async () => {
    let refuse = 1;
    const { send, ids } = recordingSend(({ envelope }) =>
      envelope.id === 'a1' && refuse-- > 0 ? new TransportError('BrokerError', 'It went wrong.', true) : undefined,
    );
    await add(['a1', 'a'], ['b1', 'b'], ['a2', 'a']);
    refuse = 4;
    start(send);
    await until(empty);
    expect(ids().filter((id) => id.startsWith('a'))).toEqual(['a1', 'a2']);
    expect(ids()[0]).toBe('b1');
    expect((await relays.messaging.outbox.backlog()).heldKeys).toBe(0);
  });

  it('sets a message aside that no broker takes, and sends its successors at once', async () => {
    const { send, ids } = recordingSend(({ envelope }) =>
      envelope.id === 'huge' ? new TransportError('MessageTooLarge', '2 MB are too much.', false) : undefined,
    );
    await add(['before', 'a'], ['huge', 'a'], ['after', 'a']);
    // No sweep comes to its help.
    start(send, { clock: new ManualClock() });
    await until(empty);
    expect(ids()).toEqual(['before', 'after']);
    expect(await relays.messaging.outbox.backlog()).toMatchObject({ dead: 1, heldKeys: 0 });
  });

  it('stops after the batch in flight, and leaves nothing leased', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    await add(['a', 'a']);
    const relay = start(async () => {
      begun.resolve();
      await gate.promise;
    });
    await begun.promise;
    const stopped = relay.stop();
    expect(relay.health().state).toBe('stopped');
    gate.resolve();
    await stopped;
    expect(await empty()).toBe(true);
    expect(await leases()).toEqual([]);
  });
});
