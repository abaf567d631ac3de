import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DrainReport } from '../outbox/memory-outbox.js';
import type { Outbox } from '../outbox/outbox.js';
import { type Outgoing, type Transport, TransportError } from '../transport.js';
import { outgoing } from './outgoing.js';

/** A store with an outbox: what an adapter's spec gives to {@link outboxSuite}. */
export interface OutboxEnvironment<Tx> {
  readonly outbox: Outbox<Tx>;
  transaction(work: (tx: Tx) => Promise<void>): Promise<void>;
  /** Sends up to `limit` waiting messages, oldest first; once, and without waiting for holds to end. */
  drain(limit: number, send: Transport['send']): Promise<DrainReport>;
  /** Lets the time pass after which a held ordering key is tried again. */
  passHolds(): Promise<void>;
  close(): Promise<void>;
}

/** A `send` that records what it was given, and refuses what `refuse` has an error for. */
export function recordingSend(refuse: (message: Outgoing) => Error | undefined = () => undefined): {
  readonly send: Transport['send'];
  readonly sent: Outgoing[];
  readonly ids: () => string[];
} {
  const sent: Outgoing[] = [];
  return {
    sent,
    ids: () => sent.map(({ envelope }) => envelope.id),
    send: async (messages) => {
      for (const message of messages) {
        const error = refuse(message);
        if (error !== undefined) throw error;
      }
      sent.push(...messages);
    },
  };
}

/** What every outbox has to do. */
export function outboxSuite<Tx>(name: string, start: () => Promise<OutboxEnvironment<Tx>>): void {
  describe(`the ${name} outbox`, () => {
    let store: OutboxEnvironment<Tx>;

    beforeEach(async () => {
      store = await start();
    });

    afterEach(() => store.close());

    const add = (...messages: Outgoing[]) => store.transaction((tx) => store.outbox.add(tx, messages));
    const keyed = (id: string, orderingKey: string) => outgoing(id, { orderingKey });

    it('sends what was committed, as it was given, and forgets it', async () => {
      const full = outgoing(
        'full',
        {
          orderingKey: 'order-1',
          correlationId: 'request-1',
          headers: { traceparent: '00-a-b-01', quoted: `"\\'{},` },
          body: new Uint8Array([0, 255, 92, 34]),
        },
        { topic: 'events' },
      );
      const scheduled = { ...outgoing('scheduled'), deliverAt: new Date('2030-01-01T00:00:00Z') };
      await add(full, scheduled);
      const { send, sent } = recordingSend();
      expect(await store.drain(10, send)).toEqual({ sent: 2, errors: [] });
      const plain = sent.map((message) => ({
        ...message,
        envelope: { ...message.envelope, body: Uint8Array.from(message.envelope.body) },
      }));
      expect(plain).toEqual([full, scheduled]);
      expect(await store.drain(10, send)).toEqual({ sent: 0, errors: [] });
      expect(await store.outbox.backlog()).toEqual({ rows: 0, oldestAgeMs: 0, heldKeys: 0, dead: 0 });
    });

    it('sends nothing of a transaction that failed', async () => {
      const failing = store.transaction(async (tx) => {
        await store.outbox.add(tx, [outgoing('never')]);
        throw new Error('no stock');
      });
      await expect(failing).rejects.toThrow('no stock');
      const { send, ids } = recordingSend();
      await store.drain(10, send);
      expect(ids()).toEqual([]);
    });

    it('sends in the order of adding, at most as many as asked for', async () => {
      await add(keyed('a', 'k'), keyed('b', 'k'));
      await add(keyed('c', 'k'));
      const { send, ids } = recordingSend();
      expect(await store.drain(2, send)).toEqual({ sent: 2, errors: [] });
      expect(ids()).toEqual(['a', 'b']);
      await store.drain(2, send);
      expect(ids()).toEqual(['a', 'b', 'c']);
    });

    it('holds the successors of a message that fails, and nothing else', async () => {
      await add(
        keyed('a1', 'a'),
        keyed('b1', 'b'),
        keyed('a2', 'a'),
        keyed('c1', 'c'),
        keyed('a3', 'a'),
        keyed('b2', 'b'),
      );
      let refusing = true;
      const full = new TransportError('QueueFull', 'The queue is full.', true);
      const { send, ids } = recordingSend(({ envelope }) => (refusing && envelope.id === 'a2' ? full : undefined));
      expect(await store.drain(10, send)).toEqual({ sent: 4, errors: [full] });
      expect(ids().sort()).toEqual(['a1', 'b1', 'b2', 'c1']);
      expect(ids().indexOf('b1')).toBeLessThan(ids().indexOf('b2'));
      expect(await store.outbox.backlog()).toMatchObject({ rows: 2, heldKeys: 1, dead: 0 });

      refusing = false;
      await store.passHolds();
      await store.drain(10, send);
      expect(ids().slice(4)).toEqual(['a2', 'a3']);
      expect(await store.outbox.backlog()).toMatchObject({ rows: 0, heldKeys: 0 });
    });

    it.each([
      ['the broker is away', 'Unreachable'],
      ['the transport closes', 'Closed'],
    ] as const)('keeps everything, blames no message, and tries once only while %s', async (_, code) => {
      await add(keyed('a', 'a'), keyed('b', 'b'), keyed('c', 'c'));
      let calls = 0;
      const away = new TransportError(code, 'Connection refused.', true);
      const report = await store.drain(10, () => {
        calls += 1;
        return Promise.reject(away);
      });
      expect(report).toEqual({ sent: 0, errors: [away] });
      expect(calls).toBe(1);
      expect(await store.outbox.backlog()).toMatchObject({ rows: 3, heldKeys: 0 });
    });

    it('sets a message aside that the broker will never take, and sends its successors', async () => {
      await add(keyed('a', 'k'), keyed('huge', 'k'), keyed('c', 'k'));
      const tooLarge = new TransportError('MessageTooLarge', '2 MB are too much.', false);
      const { send, ids } = recordingSend(({ envelope }) => (envelope.id === 'huge' ? tooLarge : undefined));
      expect((await store.drain(10, send)).errors).toEqual([tooLarge]);
      await store.drain(10, send);
      expect(ids()).toEqual(['a', 'c']);
      expect(await store.outbox.backlog()).toMatchObject({ rows: 0, heldKeys: 0, dead: 1 });
    });
  });
}
