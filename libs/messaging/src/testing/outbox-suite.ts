import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import type { RunnerWithHooks } from './behaviour.js';
import { matches } from './matches.js';
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
export function outboxSuite<Tx>(
  name: string,
  start: () => Promise<OutboxEnvironment<Tx>>,
  { describe, it, beforeEach, afterEach }: RunnerWithHooks,
): void {
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
      deepEqual(await store.drain(10, send), { sent: 2, errors: [] });
      const plain = sent.map((message) => ({
        ...message,
        envelope: { ...message.envelope, body: Uint8Array.from(message.envelope.body) },
      }));
      deepEqual(
        plain.sort((one, other) => (one.envelope.id < other.envelope.id ? -1 : 1)),
        [full, scheduled],
      );
      deepEqual(await store.drain(10, send), { sent: 0, errors: [] });
      deepEqual(await store.outbox.backlog(), {
        rows: 0,
        isEstimate: false,
        oldestAgeMs: 0,
        heldKeys: 0,
        heldRows: 0,
        dead: 0,
      });
    });

    it('sends nothing of a transaction that failed', async () => {
      const failing = store.transaction(async (tx) => {
        await store.outbox.add(tx, [outgoing('never')]);
        throw new Error('no stock');
      });
      await rejects(failing, /no stock/);
      const { send, ids } = recordingSend();
      await store.drain(10, send);
      deepEqual(ids(), []);
    });

    it('sends in the order of adding, at most as many as asked for', async () => {
      await add(keyed('a', 'k'), keyed('b', 'k'));
      await add(keyed('c', 'k'));
      const { send, ids } = recordingSend();
      deepEqual(await store.drain(2, send), { sent: 2, errors: [] });
      deepEqual(ids(), ['a', 'b']);
      await store.drain(2, send);
      deepEqual(ids(), ['a', 'b', 'c']);
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
      const full = new TransportError('BrokerError', 'It went wrong.', true);
      const { send, ids } = recordingSend(({ envelope }) => (refusing && envelope.id === 'a2' ? full : undefined));
      deepEqual(await store.drain(10, send), { sent: 4, errors: [full] });
      deepEqual(ids().sort(), ['a1', 'b1', 'b2', 'c1']);
      ok(ids().indexOf('b1') < ids().indexOf('b2'));
      matches(await store.outbox.backlog(), { rows: 2, heldKeys: 1, dead: 0 });

      refusing = false;
      await store.passHolds();
      while ((await store.outbox.backlog()).rows > 0) await store.drain(10, send);
      deepEqual(ids().slice(4), ['a2', 'a3']);
      matches(await store.outbox.backlog(), { rows: 0, heldKeys: 0 });
    });

    for (const [what, code] of [
      ['the broker is away', 'Unreachable'],
      ['the broker does not answer', 'Timeout'],
      ['the broker is busy', 'Busy'],
      ['the queue is full', 'QueueFull'],
      ['we may not send', 'Unauthorized'],
      ['the queue is disabled', 'EntityDisabled'],
      ['the queue is missing', 'QueueNotFound'],
      ['the topic is missing', 'TopicNotFound'],
      ['the transport closes', 'Closed'],
    ] as const) {
      it(`keeps everything, blames no message, and tries once only while ${what}`, async () => {
        await add(keyed('a', 'a'), keyed('b', 'b'), keyed('c', 'c'));
        let calls = 0;
        const away = new TransportError(code, 'Connection refused.', true);
        const report = await store.drain(10, () => {
          calls += 1;
          return Promise.reject(away);
        });
        deepEqual(report, { sent: 0, errors: [away] });
        equal(calls, 1);
        matches(await store.outbox.backlog(), { rows: 3, heldKeys: 0 });
      });
    }

    it('sets a message aside that the broker will never take, and sends its successors', async () => {
      await add(keyed('a', 'k'), keyed('huge', 'k'), keyed('c', 'k'));
      const tooLarge = new TransportError('MessageTooLarge', '2 MB are too much.', false);
      const { send, ids } = recordingSend(({ envelope }) => (envelope.id === 'huge' ? tooLarge : undefined));
      deepEqual((await store.drain(10, send)).errors, [tooLarge]);
      await store.drain(10, send);
      deepEqual(ids(), ['a', 'c']);
      matches(await store.outbox.backlog(), { rows: 0, heldKeys: 0, dead: 1 });
    });

    it('sends to the others while one destination is in trouble, also what comes behind it', async () => {
      const to = (id: string, queue: string) => outgoing(id, { orderingKey: 'k' }, { queue });
      await add(to('a1', 'a'), to('b1', 'b'), to('a2', 'a'), to('b2', 'b'));
      const full = new TransportError('QueueFull', 'The queue is full.', true);
      const { send, ids } = recordingSend(({ to: { queue } }: Outgoing & { to: { queue?: string } }) =>
        queue === 'a' ? full : undefined,
      );
      deepEqual(await store.drain(10, send), { sent: 2, errors: [full] });
      deepEqual(ids(), ['b1', 'b2']);
      matches(await store.outbox.backlog(), { rows: 2, heldKeys: 0 });
    });

    it('lists what was set aside in pages, sends it again in order before its successors, and drops it', async () => {
      const bad = ['a1', 'a2', 'b1', 'b2', 'b3'];
      await add(...bad.map((id) => keyed(id, id.slice(0, 1))));
      let refusing = true;
      const { send, ids } = recordingSend(({ envelope }) =>
        refusing && bad.includes(envelope.id)
          ? new TransportError('InvalidMessage', `Headers\0of ${envelope.id}.`, false)
          : undefined,
      );
      while ((await store.outbox.backlog()).rows > 0) await store.drain(10, send);
      const { setAside } = store.outbox;
      const first = await setAside.list({ limit: 3 });
      const second = await setAside.list({ limit: 3, after: first.next });
      const all = [...first.messages, ...second.messages];
      equal(first.messages.length, 3);
      equal(second.next, undefined);
      deepEqual(all.map(({ messageId }) => messageId).sort(), bad);
      matches(all[0], { to: { queue: 'work' }, type: 'work.do', bodyBytes: 11 });
      ok(all[0]?.reason.includes(`of ${all[0]?.messageId}.`));

      const idOf = (name: string) => all.find(({ messageId }) => messageId === name)?.id ?? '';
      await add(keyed('a3', 'a'), keyed('b4', 'b'));
      equal(await setAside.drop([idOf('b2'), idOf('b2'), 'no-such-id']), 1);
      equal(await setAside.resend([idOf('b3'), idOf('a2'), idOf('a1'), idOf('b1'), idOf('b2')]), 4);
      refusing = false;
      await store.drain(10, send);
      deepEqual(
        ids().filter((id) => id.startsWith('a')),
        ['a1', 'a2', 'a3'],
      );
      deepEqual(
        ids().filter((id) => id.startsWith('b')),
        ['b1', 'b3', 'b4'],
      );
      matches(await store.outbox.backlog(), { rows: 0, heldKeys: 0, dead: 0 });
      await rejects(setAside.list({ limit: 0 }), /limit must be a whole number from 1 to 1000/);
    });

    it('reads past a held key, however many of its messages come first', async () => {
      const many = Array.from({ length: 30 }, (_, n) => keyed(`held-${n}`, 'held'));
      await add(...many, keyed('free', 'free'));
      let refusing = true;
      const { send, ids } = recordingSend(({ envelope }) =>
        refusing && envelope.orderingKey === 'held' ? new TransportError('BrokerError', 'No.', true) : undefined,
      );
      for (let reads = 0; reads < 8; reads += 1) await store.drain(10, send);
      deepEqual(ids(), ['free']);
      matches(await store.outbox.backlog(), { rows: 30, heldKeys: 1, heldRows: 30 });
      await add(keyed('held-30', 'held'));
      refusing = false;
      await store.passHolds();
      for (let reads = 0; reads < 12; reads += 1) await store.drain(10, send);
      deepEqual(
        ids().slice(1),
        Array.from({ length: 31 }, (_, n) => `held-${n}`),
      );
      matches(await store.outbox.backlog(), { rows: 0, heldKeys: 0, heldRows: 0 });
    });
  });
}
