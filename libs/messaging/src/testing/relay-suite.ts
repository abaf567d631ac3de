import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Outbox } from '../outbox/outbox.js';
import type { Relay } from '../outbox/relay-health.js';
import { type Outgoing, type Transport, TransportError } from '../transport.js';
import { outgoing } from './outgoing.js';
import { recordingSend } from './outbox-suite.js';

/** A store with a relay: what an adapter's spec gives to {@link relaySuite}. */
export interface RelayEnvironment<Tx> {
  readonly outbox: Outbox<Tx>;
  transaction(work: (tx: Tx) => Promise<void>): Promise<void>;
  startRelay(transport: Pick<Transport, 'send'>): Relay;
  close(): Promise<void>;
}

/** What every relay has to do. Time is real. */
export function relaySuite<Tx>(name: string, start: () => Promise<RelayEnvironment<Tx>>): void {
  describe(`the relay of the ${name} outbox`, () => {
    let store: RelayEnvironment<Tx>;
    let relay: Relay | undefined;

    beforeEach(async () => {
      store = await start();
    });

    afterEach(async () => {
      await relay?.stop();
      await store.close();
    });

    const add = (...messages: Outgoing[]) => store.transaction((tx) => store.outbox.add(tx, messages));
    const keyed = (id: string, orderingKey: string, queue = 'work') => outgoing(id, { orderingKey }, { queue });
    const empty = async () => (await store.outbox.backlog()).rows === 0;

    it('sends what was there before it, and what is committed later, in order', async () => {
      await add(keyed('a1', 'a'), keyed('a2', 'a'));
      const { send, ids } = recordingSend();
      relay = store.startRelay({ send });
      await until(empty);
      await add(keyed('a3', 'a'));
      await until(empty);
      expect(ids()).toEqual(['a1', 'a2', 'a3']);
      expect(relay.health()).toEqual({ state: 'running', buckets: 16 });
      await relay.stop();
      expect(relay.health().state).toBe('stopped');
    });

    it('lets a destination in trouble hold up no other, says which it is, and goes on by itself', async () => {
      let full = true;
      const { send, ids } = recordingSend(({ to }) =>
        full && 'queue' in to && to.queue === 'work' ? new TransportError('QueueFull', 'Full.', true) : undefined,
      );
      relay = store.startRelay({ send });
      await add(keyed('w1', 'a'), keyed('o1', 'a', 'other'), keyed('w2', 'a'));
      await until(() => ids().includes('o1') && relay?.health().state === 'degraded');
      expect(relay.health().troubles).toMatchObject([{ destination: 'queue work', code: 'QueueFull' }]);
      full = false;
      await until(empty);
      expect(ids()).toEqual(['o1', 'w1', 'w2']);
      await until(() => relay?.health().state === 'running');
    });

    it('tries a held key again by itself, in order, and lets the others go before', async () => {
      let refusals = 3;
      const { send, ids } = recordingSend(({ envelope }) =>
        envelope.id === 'a1' && refusals-- > 0 ? new TransportError('BrokerError', 'It went wrong.', true) : undefined,
      );
      await add(keyed('a1', 'a'), keyed('b1', 'b'), keyed('a2', 'a'));
      relay = store.startRelay({ send });
      await until(empty);
      expect(ids()).toEqual(['b1', 'a1', 'a2']);
      expect(await store.outbox.backlog()).toMatchObject({ heldKeys: 0, dead: 0 });
    });

    it('sends what was set aside once it is told to', async () => {
      let tooLarge = true;
      const { send, ids } = recordingSend(({ envelope }) =>
        tooLarge && envelope.id === 'huge' ? new TransportError('MessageTooLarge', 'Too large.', false) : undefined,
      );
      relay = store.startRelay({ send });
      await add(keyed('huge', 'a'), keyed('next', 'a'));
      await until(() => ids().includes('next'));
      const { messages } = await store.outbox.setAside.list();
      expect(messages).toMatchObject([{ messageId: 'huge', reason: 'Too large.' }]);
      tooLarge = false;
      await store.outbox.setAside.resend(messages.map(({ id }) => id));
      await until(empty);
      expect(ids()).toEqual(['next', 'huge']);
    });
  });
}

/** Asks again, giving way in between, until the answer is yes; at most 45 s, so that a failing test ends. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 45_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Still not true: ${String(condition)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
