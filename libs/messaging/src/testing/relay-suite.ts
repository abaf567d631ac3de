import { deepEqual, equal } from 'node:assert/strict';
import type { RunnerWithHooks } from './behaviour.js';
import { matches } from './matches.js';
import type { Outbox } from '../outbox/outbox.js';
import type { Relay } from '../outbox/relay-health.js';
import { type Outgoing, type Transport, TransportError } from '../transport.js';
import { outgoing } from './outgoing.js';
import { recordingSend } from './outbox-suite.js';
import { until } from './until.js';

/** A store with a relay: what an adapter's spec gives to {@link relaySuite}. */
export interface RelayEnvironment<Tx> {
  readonly outbox: Outbox<Tx>;
  transaction(work: (tx: Tx) => Promise<void>): Promise<void>;
  startRelay(transport: Pick<Transport, 'send'>): Relay;
  close(): Promise<void>;
}

/** What every relay has to do. Time is real. */
export function relaySuite<Tx>(
  name: string,
  start: () => Promise<RelayEnvironment<Tx>>,
  { describe, it, beforeEach, afterEach }: RunnerWithHooks,
): void {
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
      deepEqual(ids(), ['a1', 'a2', 'a3']);
      deepEqual(relay.health(), { state: 'running', buckets: 16 });
      await relay.stop();
      equal(relay.health().state, 'stopped');
    });

    it('lets a destination in trouble hold up no other, says which it is, and goes on by itself', async () => {
      let full = true;
      const { send, ids } = recordingSend(({ to }) =>
        full && 'queue' in to && to.queue === 'work' ? new TransportError('QueueFull', 'Full.', true) : undefined,
      );
      relay = store.startRelay({ send });
      await add(keyed('w1', 'a'), keyed('o1', 'a', 'other'), keyed('w2', 'a'));
      await until(() => ids().includes('o1') && relay?.health().state === 'degraded');
      matches(relay.health().troubles, [{ destination: 'queue work', code: 'QueueFull' }]);
      full = false;
      await until(empty);
      deepEqual(ids(), ['o1', 'w1', 'w2']);
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
      deepEqual(ids(), ['b1', 'a1', 'a2']);
      matches(await store.outbox.backlog(), { heldKeys: 0, dead: 0 });
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
      matches(messages, [{ messageId: 'huge', reason: 'Too large.' }]);
      tooLarge = false;
      await store.outbox.setAside.resend(messages.map(({ id }) => id));
      await until(empty);
      deepEqual(ids(), ['next', 'huge']);
    });
  });
}
