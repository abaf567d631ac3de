import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeProperty } from '../codec/application-properties.js';
import { readApplicationProperties } from '../codec/message-view.js';
import { asRecorded, idsIn, PureNamespace, reasonsIn, START } from '../testing/pure-namespace.js';
import { testMessage } from '../testing/message.js';
import type { QueueEntity } from './entity.js';
import type { BrokerEvent, SingleEvent } from './events.js';

let pure: PureNamespace;
let records: BrokerEvent[];
beforeEach(() => {
  pure = new PureNamespace();
  records = [];
  const record = (event: BrokerEvent) => void records.push(asRecorded(event));
  pure.namespace.recordTo({ record, flushed: () => Promise.resolve() });
});

/** Another broker with what this one recorded, or with its snapshot, at the same time. */
function restart(from: 'records' | 'snapshot'): PureNamespace {
  const events: Iterable<BrokerEvent> = from === 'records' ? records : pure.namespace.snapshot();
  const copy = new PureNamespace();
  for (const event of events) copy.namespace.apply(event, pure.now);
  copy.pass(pure.now - START);
  return copy;
}

const queueOf = ({ namespace }: PureNamespace, path = 'q') => namespace.registry.get(path) as QueueEntity;
const types = (event: BrokerEvent | undefined) =>
  event?.type === 'group' ? event.events.map(({ type }: SingleEvent) => type) : [event?.type];

describe.each(['records', 'snapshot'] as const)('after a restart from its %s', (from) => {
  it('a scheduled message that has arrived still ends its life on time', () => {
    pure.createQueue();
    pure.send('q', { id: 'm', timeToLive: 10_000, scheduledFor: START + 5_000 });
    pure.pass(6_000);
    const copy = restart(from);
    expect(queueOf(copy).main.find(2)).toMatchObject({ expiresAt: START + 15_000, enqueuedAt: START + 5_000 });
    copy.pass(9_000);
    expect(idsIn(queueOf(copy).main)).toEqual([]);
  });

  it('what was deleted with its topic does nothing to what has its name now', () => {
    const createTopic = (autoDeleteOnIdle?: number) => {
      pure.namespace.createTopic('t', { requiresDuplicateDetection: true }, pure.now);
      pure.namespace.createSubscription(
        't/Subscriptions/s',
        { autoDeleteOnIdle: autoDeleteOnIdle as number },
        pure.now,
      );
    };
    createTopic(300_000);
    pure.send('t', { id: 'old', timeToLive: 10_000 });
    pure.namespace.delete('t', pure.now);
    createTopic();
    pure.send('t', { id: 'new' });
    const copy = restart(from);
    expect(copy.timers.size).toBe(1); // The window of duplicate detection.
    const recorded: BrokerEvent[] = [];
    copy.namespace.recordTo({ record: (event) => void recorded.push(event), flushed: () => Promise.resolve() });
    copy.pass(3_600_000);
    expect(recorded).toEqual([]);
    expect(idsIn(queueOf(copy, 't/Subscriptions/s').main)).toEqual(['new']);
  });

  it('a scheduled message still waits, and comes', () => {
    pure.createQueue();
    pure.send('q', { id: 'm', scheduledFor: START + 5_000 });
    const copy = restart(from);
    expect(queueOf(copy).main.counts).toMatchObject({ scheduled: 1, active: 0 });
    copy.pass(5_000);
    expect(queueOf(copy).main.counts).toMatchObject({ scheduled: 0, active: 1 });
  });

  it('what its receiver changed in a message is there, and how often it failed', () => {
    const { main } = pure.createQueue();
    pure.send('q', { id: 'abandoned' }, { id: 'deferred' });
    const changes = new Map([['tried', encodeProperty('once')]]);
    const [first, second] = [pure.receive(main), pure.receive(main)];
    main.abandon(first, changes, pure.now);
    main.defer(second, changes, pure.now);
    const messages = [...queueOf(restart(from)).main.from(0)];
    expect(messages.map(({ state, deliveryCount }) => [state, deliveryCount])).toEqual([
      ['active', 1],
      ['deferred', 1],
    ]);
    for (const { content } of messages) expect(readApplicationProperties(content.bare).get('tried')).toBe('once');
  });

  it('a dead letter is one, with its reason, and nowhere else', () => {
    const { main } = pure.createQueue({ maxDeliveryCount: 1 });
    pure.send('q', { id: 'm' });
    main.abandon(pure.receive(main), undefined, pure.now);
    const copy = queueOf(restart(from));
    expect([idsIn(copy.main), reasonsIn(copy.deadLetters)]).toEqual([[], ['MaxDeliveryCountExceeded']]);
    expect([...copy.deadLetters.from(0)]).toMatchObject([{ deliveryCount: 1 }]);
  });

  it('the state of a session is there, and one that was cleared is not', () => {
    const { main } = pure.createQueue({ requiresSession: true });
    for (const id of ['kept', 'cleared']) pure.namespace.setSessionState(main, id, Buffer.from(id), pure.now);
    pure.namespace.setSessionState(main, 'cleared', undefined, pure.now);
    const { sessions } = queueOf(restart(from)).main;
    expect(sessions?.get('kept')).toMatchObject({ state: Buffer.from('kept'), stateSetAt: START });
    expect(sessions?.get('cleared')).toBeUndefined();
  });

  it('a message that was locked is available, no delivery counted', () => {
    const { main } = pure.createQueue();
    pure.send('q', { id: 'm' });
    pure.receive(main);
    const copy = restart(from);
    expect(copy.receive(queueOf(copy).main)).toMatchObject({ deliveryCount: 0 });
  });

  it('numbers go on where they were, whatever became of the messages', () => {
    const { main } = pure.createQueue();
    pure.send('q', { id: 'a' }, { id: 'b' });
    for (let n = 0; n < 2; n++) main.remove(pure.receive(main));
    expect(restart(from).send('q', { id: 'c' })).toEqual([3]);
  });

  it('the window of duplicate detection is as it was', () => {
    const options = { requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: 20_000 };
    const { main } = pure.createQueue(options);
    pure.send('q', { id: 'm' });
    main.remove(pure.receive(main));
    pure.pass(10_000);
    const copy = restart(from);
    copy.pass(9_999);
    copy.send('q', { id: 'm' });
    expect(idsIn(queueOf(copy).main)).toEqual([]);
    copy.pass(1);
    copy.send('q', { id: 'm' });
    expect(idsIn(queueOf(copy).main)).toEqual(['m']);
  });
});

describe('what belongs together is one record, of which a crash leaves all or nothing:', () => {
  it('a batch', () => {
    pure.createQueue();
    pure.send('q', { id: 'a' }, { id: 'b' });
    expect(types(records.at(-1))).toEqual(['enqueued', 'enqueued']);
  });

  it('the copies of a message in all subscriptions', () => {
    pure.namespace.createTopic('t', {}, pure.now);
    for (const name of ['a', 'b']) pure.namespace.createSubscription(`t/Subscriptions/${name}`, {}, pure.now);
    pure.send('t', { id: 'm' });
    expect(types(records.at(-1))).toEqual(['sequence-used', 'enqueued', 'enqueued']);
  });

  it.each<[string, (queue: QueueEntity) => void]>([
    ['dead-lettering', ({ main }) => main.deadLetter(pure.receive(main), { reason: 'r', description: 'd' }, pure.now)],
    ['too many deliveries', ({ main }) => main.abandon(pure.receive(main), undefined, pure.now)],
    ['the end of its life', () => pure.pass(1_000)],
  ])('a move by %s', (_, move) => {
    const queue = pure.createQueue({ maxDeliveryCount: 1, deadLetteringOnMessageExpiration: true });
    pure.send('q', { id: 'm', timeToLive: 1_000 });
    const before = records.length;
    move(queue);
    expect(records.slice(before).map(types)).toEqual([['removed', 'enqueued']]);
  });

  it('sending on what a queue holds', () => {
    pure.createQueue({}, 'target');
    pure.createQueue();
    pure.send('q', { id: 'm' });
    const before = records.length;
    pure.namespace.update('q', { forwardTo: 'target' }, pure.now);
    expect(records.slice(before).map((event) => types(event).filter((type) => type !== 'sequence-used'))).toEqual([
      ['entity-updated'],
      ['removed', 'enqueued'],
    ]);
  });
});

describe('a snapshot while a send is under way', () => {
  const begin = (...ids: string[]) =>
    pure.namespace.send(
      'q',
      ids.map((id) => testMessage({ id })),
      pure.now,
    ).unit;
  const snapshot = () => idsIn(queueOf(restart('snapshot')).main);

  it('has it, once: its record is in the journal that the snapshot replaces', () => {
    pure.createQueue();
    const unit = begin('m');
    expect(snapshot()).toEqual(['m']);
    pure.namespace.commit(unit, pure.now);
    expect(snapshot()).toEqual(['m']);
  });

  it('has nothing of one that was taken back', () => {
    pure.createQueue();
    pure.namespace.rollBack(begin('m'));
    expect(snapshot()).toEqual([]);
  });

  it('shows the message as it was, whatever became of it meanwhile', () => {
    const { main } = pure.createQueue();
    pure.send('q', { id: 'm' });
    const events = pure.namespace.snapshot();
    main.abandon(pure.receive(main), undefined, pure.now);
    main.remove(pure.receive(main));
    const copy = new PureNamespace();
    for (const event of events) copy.namespace.apply(event, pure.now);
    expect([...queueOf(copy).main.from(0)]).toMatchObject([{ deliveryCount: 0 }]);
  });
});
