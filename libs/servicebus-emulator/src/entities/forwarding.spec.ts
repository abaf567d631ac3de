import { beforeEach, describe, expect, it } from '@jest/globals';
import { readApplicationProperties } from '../codec/message-view.js';
import { idOf, testMessage } from '../testing/message.js';
import type { QueueEntity, SubscriptionEntity } from './entity.js';
import type { MessageQueue } from './message-queue.js';
import { Namespace } from './namespace.js';
import { TimerQueue } from './timer-queue.js';

const NOW = 1_700_000_000_000;

let namespace: Namespace;
beforeEach(() => {
  namespace = new Namespace({ timers: new TimerQueue(), newId: () => 'id', later: (work) => work(NOW) });
});

function send(path: string, id: string, subject?: string): void {
  namespace.commit(namespace.send(path, [testMessage({ id, subject })], NOW).unit, NOW);
}

function queue(path: string): QueueEntity {
  return namespace.registry.get(path) as QueueEntity;
}

const idsIn = (messages: MessageQueue) => [...messages.from(0)].map(idOf);

/** The reasons for which messages are in a dead-letter queue. */
function reasons({ deadLetters }: QueueEntity | SubscriptionEntity): unknown[] {
  return [...deadLetters.from(0)].map(({ content }) => readApplicationProperties(content.bare).get('DeadLetterReason'));
}

describe('a chain of forwarding queues', () => {
  /** q1 → q2 → … → qn */
  function chain(length: number): void {
    for (let n = length; n >= 1; n--) {
      namespace.createQueue(`q${n}`, n < length ? { forwardTo: `q${n + 1}` } : {}, NOW);
    }
  }

  it('may have four hops, and the message keeps the number it was first given', () => {
    chain(5);
    send('q1', 'first');
    send('q1', 'second');
    expect(idsIn(queue('q5').main)).toEqual(['first', 'second']);
    expect([...queue('q5').main.from(0)].map(({ enqueuedSequenceNumber }) => enqueuedSequenceNumber)).toEqual([1, 2]);
  });

  it('dead-letters where the fifth hop would begin', () => {
    chain(6);
    send('q1', 'too far');
    expect(queue('q6').main.counts.active).toBe(0);
    expect(idsIn(queue('q5').deadLetters)).toEqual(['too far']);
    expect(reasons(queue('q5'))).toEqual(['MaxTransferHopCountExceeded']);
  });

  it('ends a circle the same way', () => {
    namespace.createQueue('a', {}, NOW);
    namespace.createQueue('b', { forwardTo: 'a' }, NOW);
    namespace.update('a', { forwardTo: 'b' }, NOW);
    send('a', 'round');
    expect([...reasons(queue('a')), ...reasons(queue('b'))]).toEqual(['MaxTransferHopCountExceeded']);
  });
});

describe('a queue that cannot forward', () => {
  beforeEach(() => {
    namespace.createQueue('to', { maxSizeInMegabytes: 1 }, NOW);
    namespace.createQueue('from', { forwardTo: 'to' }, NOW);
  });

  it.each([
    [
      'because the destination is disabled',
      () => namespace.update('to', { status: 'SendDisabled' }, NOW),
      'com.microsoft:entity-disabled',
    ],
    ['because the destination is gone', () => namespace.delete('to', NOW), 'amqp:not-found'],
    [
      'because the destination is full',
      () =>
        namespace.commit(
          namespace.send('to', [testMessage({ id: 'full', body: Buffer.alloc(1_048_400) })], NOW).unit,
          NOW,
        ),
      'amqp:resource-limit-exceeded',
    ],
  ])('%s keeps the message among its own dead letters', (_, prevent, reason) => {
    prevent();
    const id = 'x'.repeat(128);
    send('from', id);
    const { deadLetters, main, transferDeadLetters } = queue('from');
    expect(reasons(queue('from'))).toEqual([reason]);
    expect(idsIn(deadLetters)).toEqual([id]);
    expect(main.counts.active + transferDeadLetters.counts.active).toBe(0);
  });

  it('refuses to be created without its destination, and to name itself', () => {
    expect(() => namespace.createQueue('x', { forwardTo: 'missing' }, NOW)).toThrow("'missing' could not be found");
    expect(() => namespace.update('to', { forwardTo: 'to' }, NOW)).toThrow('must not be the entity itself');
    expect(() => namespace.createQueue('x', { forwardTo: 'to', requiresSession: true }, NOW)).toThrow('sessions');
  });
});

describe('a rule that fails on a message', () => {
  const rule = { name: 'bad', filter: { kind: 'sql', expression: 'sys.Label / 2 > 1' } } as const;

  it('puts the message, and why, among the dead letters of its subscription; others get their copies', () => {
    namespace.createTopic('t', {}, NOW);
    const failing = namespace.createSubscription('t/Subscriptions/failing', {}, NOW, [rule]);
    const other = namespace.createSubscription('t/Subscriptions/other', {}, NOW);
    send('t', 'm', 'text');
    expect(idsIn(other.main)).toEqual(['m']);
    expect(reasons(failing)).toEqual(['FilterEvaluationException']);
  });

  it('drops the message where the subscription does not want to know', () => {
    namespace.createTopic('t', {}, NOW);
    const options = { deadLetteringOnFilterEvaluationExceptions: false };
    const failing = namespace.createSubscription('t/Subscriptions/failing', options, NOW, [rule]);
    send('t', 'm', 'text');
    expect(failing.main.counts.active + failing.deadLetters.counts.active).toBe(0);
  });
});

it('dead-letters a message without a session where a subscription requires one', () => {
  namespace.createTopic('t', {}, NOW);
  const subscription = namespace.createSubscription('t/Subscriptions/s', { requiresSession: true }, NOW);
  send('t', 'm');
  expect(subscription.main.counts.active).toBe(0);
  expect(reasons(subscription)).toEqual(['Session ID is null.']);
});

it('a dead letter that cannot be forwarded stays as it was, and says nothing of another queue', () => {
  namespace.createQueue('graves', {}, NOW);
  namespace.createQueue('q', { forwardDeadLetteredMessagesTo: 'graves', maxDeliveryCount: 2 }, NOW);
  send('q', 'm');
  namespace.delete('graves', NOW);
  const { main, deadLetters } = queue('q');
  for (let delivery = 0; delivery < 2; delivery++) {
    const message = main.receive(NOW);
    if (message) main.abandon(message, undefined, NOW);
  }
  expect([...deadLetters.from(0)]).toMatchObject([{ deadLetterSource: undefined, deliveryCount: 2 }]);
});

describe('a queue that begins to forward while it holds messages', () => {
  it('sends on what is available, in order, and what was locked when it is given back', () => {
    namespace.createQueue('target', {}, NOW);
    namespace.createQueue('source', {}, NOW);
    for (const id of ['a', 'b', 'c']) send('source', id);
    const { main } = queue('source');
    const locked = main.receive(NOW);
    namespace.update('source', { forwardTo: 'target' }, NOW);
    expect(idsIn(queue('target').main)).toEqual(['b', 'c']);
    expect(main.counts).toMatchObject({ active: 1 });
    if (locked) main.abandon(locked, undefined, NOW);
    expect(idsIn(queue('target').main)).toEqual(['b', 'c', 'a']);
    expect(main.counts).toEqual({ active: 0, deferred: 0, scheduled: 0, bytes: 0 });
  });

  it('keeps them when it is updated otherwise', () => {
    namespace.createQueue('source', {}, NOW);
    send('source', 'a');
    namespace.update('source', { maxDeliveryCount: 3 }, NOW);
    expect(idsIn(queue('source').main)).toEqual(['a']);
  });
});
