import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeProperty, withApplicationProperties } from '../codec/application-properties.js';
import { APPLICATION_PROPERTIES } from '../codec/sections.js';
import { readMessage, type IncomingMessage } from '../codec/read-message.js';
import { ValueWriter } from '../codec/value-writer.js';
import { encodeTestMessage, idOf, testMessage } from '../testing/message.js';
import { asRecorded, idsIn, PureNamespace, START } from '../testing/pure-namespace.js';
import type { BrokerEvent } from './events.js';
import type { MessageQueue } from './message-queue.js';

const WINDOW = 20_000;
const OPTIONS = { requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: WINDOW };

let pure: PureNamespace;
let main: MessageQueue;
beforeEach(() => {
  pure = new PureNamespace();
  main = pure.createQueue(OPTIONS).main;
});

const message = (id: string, scheduledFor?: number) => testMessage({ id, scheduledFor });
const begin = (...messages: IncomingMessage[]) => pure.namespace.send('q', messages, pure.now).unit;

describe('the window of duplicate detection', () => {
  it('drops an id up to its last millisecond, and takes it at its end', () => {
    pure.send('q', { id: 'm' });
    pure.pass(WINDOW - 1);
    pure.send('q', { id: 'm' });
    expect(main.counts.active).toBe(1);
    pure.pass(1);
    pure.send('q', { id: 'm' });
    expect(main.counts.active).toBe(2);
  });

  it('ends at the same moment for a broker that has not looked yet', () => {
    pure.send('q', { id: 'm' });
    const at = (now: number) => pure.namespace.commit(pure.namespace.send('q', [message('m')], now).unit, now);
    at(START + WINDOW - 1);
    expect(main.counts.active).toBe(1);
    at(START + WINDOW);
    expect(main.counts.active).toBe(2);
  });

  it('begins with the message that was stored: the duplicates do not make it longer, the next one does', () => {
    pure.send('q', { id: 'm' });
    pure.pass(WINDOW - 1);
    pure.send('q', { id: 'm' });
    pure.pass(1);
    pure.send('q', { id: 'm' });
    pure.pass(WINDOW - 1);
    pure.send('q', { id: 'm' });
    expect(main.counts.active).toBe(2);
  });

  it('stays when the message is gone', () => {
    pure.send('q', { id: 'm' });
    main.remove(pure.receive(main));
    pure.send('q', { id: 'm' });
    expect(main.counts.active).toBe(0);
  });

  it('is as long as the queue says now', () => {
    pure.send('q', { id: 'm' });
    pure.namespace.update('q', { duplicateDetectionHistoryTimeWindow: 2 * WINDOW }, pure.now);
    pure.pass(2 * WINDOW - 1);
    pure.send('q', { id: 'm' });
    expect(main.counts.active).toBe(1);
  });

  it('keeps nothing that is older than itself', () => {
    for (let n = 0; n < 300; n++) {
      pure.send('q', { id: `m${n}` });
      pure.pass(WINDOW / 100);
    }
    const { duplicates } = pure.namespace.registry.target('q') ?? {};
    expect(duplicates?.size).toBeGreaterThanOrEqual(99);
    expect(duplicates?.size).toBeLessThanOrEqual(102);
    pure.pass(2 * WINDOW);
    expect([duplicates?.size, pure.timers.size]).toEqual([0, 0]);
  });

  it('holds scheduled messages, before and after those that are not, and the members of one batch', () => {
    pure.send('q', { id: 'a' }, { id: 'a' }, { id: 'b' }, { id: 'b', scheduledFor: START + 100 });
    pure.send('q', { id: 'c', scheduledFor: START + 100 }, { id: 'c' });
    pure.send('q', { id: 'a', scheduledFor: START + 100 });
    expect(idsIn(main)).toEqual(['a', 'b', 'c']);
    pure.pass(100);
    // One that arrives on its time is no duplicate of itself.
    expect(idsIn(main)).toEqual(['a', 'b', 'c']);
    expect(main.counts).toMatchObject({ active: 3, scheduled: 0 });
  });

  it('tells the partitions of a partitioned queue apart, and nothing else', () => {
    const partitioned = pure.createQueue({ ...OPTIONS, enablePartitioning: true }, 'p');
    const inPartition = (partitionKey: string): IncomingMessage => {
      const one = message('m');
      return { ...one, content: { ...one.content, partitionKey } };
    };
    for (const [path, queue, expected] of [
      ['p', partitioned.main, 2],
      ['q', main, 1],
    ] as const) {
      for (const key of ['one', 'two', 'one']) {
        const { unit } = pure.namespace.send(path, [inPartition(key)], pure.now);
        pure.namespace.commit(unit, pure.now);
      }
      expect(queue.counts.active).toBe(expected);
    }
  });
});

describe('a message that was refused is no duplicate when it is sent again', () => {
  const again = (...messages: IncomingMessage[]) => {
    pure.namespace.commit(begin(...messages), pure.now);
    expect(idsIn(main)).toEqual(messages.map((one) => idOf({ content: one.content } as never)));
  };

  it.each<[string, () => IncomingMessage[]]>([
    ['alone', () => [message('m')]],
    ['scheduled', () => [message('m', START + 1_000)]],
    ['in a batch', () => [message('a'), message('m'), message('z')]],
  ])('%s, because it could not be stored', (_, make) => {
    pure.namespace.rollBack(begin(...make()));
    again(...make());
  });

  it('nor is it there twice after a restart, where the disk wrote the first one after all', () => {
    const events: BrokerEvent[] = [];
    const recorder = {
      record: (event: BrokerEvent) => void events.push(asRecorded(event)),
      flushed: () => Promise.resolve(),
    };
    const copy = (upTo?: number) => {
      const restarted = new PureNamespace();
      restarted.createQueue(OPTIONS);
      for (const event of events.slice(0, upTo)) restarted.namespace.apply(event, START);
      return restarted;
    };
    pure.namespace.recordTo(recorder);
    pure.namespace.rollBack(begin(message('m')));
    const refused = events.length;
    again(message('m'));
    expect(copy().namespace.registry.target('q')?.main.counts.active).toBe(1);
    const before = copy(refused);
    expect(before.namespace.registry.target('q')?.main.counts.active).toBe(0);
    before.send('q', { id: 'm' });
    expect(before.namespace.registry.target('q')?.main.counts.active).toBe(1);
  });

  it('because the recorder takes nothing more', () => {
    const refuse = () => {
      throw new Error('full');
    };
    pure.namespace.recordTo({ record: refuse, flushed: () => Promise.resolve() });
    expect(() => begin(message('a'), message('m'))).toThrow('full');
    pure.namespace.recordTo({ record: () => undefined, flushed: () => Promise.resolve() });
    again(message('a'), message('m'));
  });

  it('because the queue had no room', () => {
    pure.namespace.update('q', { maxSizeInMegabytes: 1 }, pure.now);
    const body = Buffer.alloc(700_000);
    pure.send('q', { id: 'first', body });
    expect(() => begin(message('small'), testMessage({ id: 'm', body }))).toThrow('maximum entity size');
    main.remove(pure.receive(main));
    again(message('small'), testMessage({ id: 'm', body }));
  });

  it('because the queue was disabled', () => {
    pure.namespace.update('q', { status: 'SendDisabled' }, pure.now);
    expect(() => begin(message('m'))).toThrow('disabled');
    pure.namespace.update('q', { status: 'Active' }, pure.now);
    again(message('m'));
  });

  it('because another of its batch was too large', () => {
    const large = withApplicationProperties(
      encodeTestMessage({ id: 'large' }),
      new Map([['p', encodeProperty('x'.repeat(40_000))]]),
    );
    expect(() =>
      begin(
        message('m'),
        readMessage(large, () => ''),
      ),
    ).toThrow('A property');
    again(message('m'));
  });

  it('because it could not be read on its way through the topic', () => {
    const { namespace } = pure;
    namespace.createTopic('t', OPTIONS, pure.now);
    const fails = { name: 'fails', filter: { kind: 'sql', expression: 'a = 1' } } as const;
    const subscription = namespace.createSubscription('t/Subscriptions/s', {}, pure.now, [fails]);
    const send = (bytes: Buffer) =>
      namespace.commit(namespace.send('t', [readMessage(bytes, () => '')], pure.now).unit, pure.now);
    const [head, body] = splitBeforeBody(encodeTestMessage({ id: 'm' }));
    // Application properties that are a list.
    const unreadable = new ValueWriter().descriptor(APPLICATION_PROPERTIES).list(1, (list) => list.string('a'));
    expect(() => send(Buffer.concat([head, unreadable.finish(), body]))).toThrow();
    send(withApplicationProperties(Buffer.concat([head, body]), new Map([['a', encodeProperty(1n)]])));
    expect(idsIn(subscription.main)).toEqual(['m']);
  });

  it('and what was accepted before in the same window still is', () => {
    pure.send('q', { id: 'old' });
    pure.namespace.rollBack(begin(message('old'), message('new')));
    pure.namespace.commit(begin(message('old'), message('new')), pure.now);
    expect(idsIn(main)).toEqual(['old', 'new']);
  });
});

function splitBeforeBody(encoded: Buffer): readonly [Buffer, Buffer] {
  const at = encoded.indexOf(Buffer.of(0, 0x53, 0x75));
  return [encoded.subarray(0, at), encoded.subarray(at)];
}
