import { beforeEach, describe, expect, it } from '@jest/globals';
import { asRecorded, idsIn, START } from '../testing/pure-namespace.js';
import { testMessage } from '../testing/message.js';
import type { QueueEntity } from './entity.js';
import type { BrokerEvent } from './events.js';
import { Namespace } from './namespace.js';
import { TimerQueue } from './timer-queue.js';

const COUNT = 1_000;
const SLICE = 200;

/** What is to be done later, until a test lets it be done. */
let waiting: ((now: number) => void)[];
let recorded: BrokerEvent[];
let namespace: Namespace;

beforeEach(() => {
  waiting = [];
  recorded = [];
  namespace = create();
  namespace.recordTo({ record: (event) => void recorded.push(asRecorded(event)), flushed: () => Promise.resolve() });
});

function create(): Namespace {
  return new Namespace({ timers: new TimerQueue(), newId: () => 'id', later: (work) => void waiting.push(work) });
}

function send(path: string, ...ids: string[]): void {
  namespace.commit(
    namespace.send(
      path,
      ids.map((id) => testMessage({ id })),
      START,
    ).unit,
    START,
  );
}

/** Does what waits now. @returns whether there was anything */
function others(): boolean {
  const [work] = waiting.splice(0, 1);
  work?.(START);
  return work !== undefined;
}

const queue = (path: string, of = namespace) => of.registry.get(path) as QueueEntity;
const active = (path: string, of = namespace) => queue(path, of).main.counts.active;
const ids = Array.from({ length: COUNT }, (_, n) => `m${n}`);

function fill(): void {
  namespace.createQueue('target', {}, START);
  namespace.createQueue('source', {}, START);
  send('source', ...ids);
}

describe('a source that begins to forward', () => {
  it('moves what it holds a slice at a time, in order, and others have their turn', () => {
    fill();
    namespace.update('source', { forwardTo: 'target' }, START);
    const moved = [active('target')];
    while (others()) moved.push(active('target'));
    expect(moved).toEqual([200, 400, 600, 800, 1_000]);
    expect(idsIn(queue('target').main)).toEqual(ids);
    expect(queue('source').main.counts).toEqual({ active: 0, deferred: 0, scheduled: 0, bytes: 0 });
  });

  it('lets nothing overtake what it holds', () => {
    fill();
    namespace.update('source', { forwardTo: 'target' }, START);
    send('source', 'between');
    others();
    send('source', 'later');
    while (others());
    send('source', 'last');
    expect(idsIn(queue('target').main)).toEqual([...ids, 'between', 'later', 'last']);
    expect(active('source')).toBe(0);
  });

  it('sends on what was sent before its last slice, and is visible only behind it', () => {
    fill();
    namespace.update('source', { forwardTo: 'target' }, START);
    const { unit } = namespace.send('source', [testMessage({ id: 'slow' })], START);
    while (others());
    expect(active('target')).toBe(COUNT);
    namespace.commit(unit, START);
    expect(idsIn(queue('target').main).at(-1)).toBe('slow');
    expect(active('source')).toBe(0);
  });

  it('keeps the rest when it is told to stop, and goes on with it to another place', () => {
    fill();
    namespace.createQueue('other', {}, START);
    namespace.update('source', { forwardTo: 'target' }, START);
    namespace.update('source', { forwardTo: undefined }, START);
    while (others());
    expect([active('target'), active('source')]).toEqual([SLICE, COUNT - SLICE]);
    expect(queue('source').main.receive(START)?.sequenceNumber).toBe(SLICE + 1);
    namespace.update('source', { forwardTo: 'other' }, START);
    while (others());
    expect([active('target'), active('other'), active('source')]).toEqual([SLICE, COUNT - SLICE - 1, 1]);
  });

  it('moves nothing more once it is deleted, or the broker is closed', () => {
    fill();
    namespace.update('source', { forwardTo: 'target' }, START);
    namespace.delete('source', START);
    while (others());
    expect(active('target')).toBe(SLICE);
    namespace.createQueue('source', {}, START);
    send('source', ...ids);
    namespace.update('source', { forwardTo: 'target' }, START);
    namespace.close();
    const events = recorded.length;
    while (others());
    expect(recorded.length).toBe(events);
  });

  it('passes on through a chain, behind what each holds', () => {
    fill();
    namespace.createQueue('end', {}, START);
    send('target', ...ids.map((id) => `t${id}`));
    namespace.update('source', { forwardTo: 'target' }, START);
    namespace.update('target', { forwardTo: 'end' }, START);
    while (others());
    const arrived = idsIn(queue('end').main);
    expect(arrived).toHaveLength(2 * COUNT);
    expect(arrived.filter((id) => id.startsWith('m'))).toEqual(ids);
    expect([active('source'), active('target')]).toEqual([0, 0]);
  });
});

describe('a broker that ends between two slices', () => {
  it('has each message in one place, and goes on after it is started again', () => {
    fill();
    namespace.update('source', { forwardTo: 'target' }, START);
    const ends = [recorded.length];
    while (others()) ends.push(recorded.length);
    expect(ends).toHaveLength(COUNT / SLICE);
    // Also within a slice: each message is moved by one event.
    for (const end of ends.flatMap((one) => [one, one - 1, one - SLICE / 2])) {
      const again = create();
      for (const event of recorded.slice(0, end)) again.apply(event, START);
      const before = [...idsIn(queue('target', again).main), ...idsIn(queue('source', again).main)];
      expect(before).toEqual(ids);
      again.forwardAvailable(START);
      while (others());
      expect(idsIn(queue('target', again).main)).toEqual(ids);
      expect(active('source', again)).toBe(0);
    }
  });
});
