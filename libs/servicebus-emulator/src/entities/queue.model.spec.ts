import { describe, expect, it } from '@jest/globals';
import fc from '../testing/fast-check.js';
import { idOf, testMessage } from '../testing/message.js';
import type { SingleEvent } from './events.js';
import { type QueueEntity, queuesOf } from './entity.js';
import { Namespace } from './namespace.js';
import { TimerQueue } from './timer-queue.js';

const LOCK = 30_000;
const MAX_DELIVERIES = 2;
const START = 1_700_000_000_000;

/** What a queue should hold, by the plainest means. */
interface ModelMessage {
  readonly id: string;
  state: 'active' | 'deferred' | 'scheduled' | 'dead';
  deliveries: number;
  lockedUntil: number | undefined;
  expiresAt: number | undefined;
  readonly timeToLive: number | undefined;
  readonly scheduledFor: number | undefined;
}

class Model {
  now = START;
  lastId = 0;
  readonly messages = new Map<string, ModelMessage>();

  send(timeToLive: number | undefined, delay: number | undefined): string {
    const id = `m${++this.lastId}`;
    const scheduledFor = delay === undefined ? undefined : this.now + delay;
    const expiresAt = timeToLive === undefined || scheduledFor !== undefined ? undefined : this.now + timeToLive;
    const state = scheduledFor === undefined ? 'active' : 'scheduled';
    const message = { id, state, deliveries: 0, lockedUntil: undefined, expiresAt, timeToLive, scheduledFor } as const;
    this.messages.set(id, { ...message });
    return id;
  }

  unlock(message: ModelMessage, at: number, failed: boolean): void {
    message.lockedUntil = undefined;
    if (failed) message.deliveries++;
    if (message.state !== 'active') return;
    if (message.deliveries >= MAX_DELIVERIES || (message.expiresAt !== undefined && message.expiresAt <= at)) {
      message.state = 'dead';
    }
  }

  advance(ms: number): void {
    this.now += ms;
    for (const message of this.messages.values()) this.#evolve(message);
  }

  #evolve(message: ModelMessage): void {
    if (message.state === 'scheduled' && (message.scheduledFor ?? 0) <= this.now) {
      message.state = 'active';
      if (message.timeToLive !== undefined) message.expiresAt = (message.scheduledFor ?? 0) + message.timeToLive;
    }
    if (message.lockedUntil !== undefined && message.lockedUntil <= this.now) {
      this.unlock(message, message.lockedUntil, true);
    }
    const expired = message.expiresAt !== undefined && message.expiresAt <= this.now;
    if (message.state === 'active' && message.lockedUntil === undefined && expired) message.state = 'dead';
  }
}

/** The real namespace, with everything it recorded. */
class Real {
  timers = new TimerQueue();
  namespace = this.#create();
  readonly recorded: SingleEvent[] = [];
  /** Locks handed out, by message id. */
  readonly locks = new Map<string, { sequenceNumber: number; lockId: number }>();
  readonly sequenceNumbers = new Set<number>();

  constructor() {
    this.namespace.recordTo(this.#recorder());
    this.namespace.createQueue(
      'q',
      { lockDuration: LOCK, maxDeliveryCount: MAX_DELIVERIES, deadLetteringOnMessageExpiration: true },
      START,
    );
  }

  get queue(): QueueEntity {
    return this.namespace.registry.get('q') as QueueEntity;
  }

  /** Another broker with what this one recorded, or with its snapshot. */
  restart(now: number, fromSnapshot: boolean): void {
    const events = fromSnapshot ? [...this.namespace.snapshot()] : [...this.recorded];
    this.timers = new TimerQueue();
    this.namespace = this.#create();
    for (const event of events) this.namespace.apply(event, now);
    this.namespace.recordTo(this.#recorder());
    this.locks.clear();
  }

  #create(): Namespace {
    return new Namespace({ timers: this.timers, newId: () => 'id', later: (work) => work(START) });
  }

  #recorder() {
    return {
      // As a journal would: what the event shows now.
      record: (event: Parameters<Namespace['apply']>[0]) => {
        for (const one of event.type === 'group' ? event.events : [event]) {
          this.recorded.push(one.type === 'enqueued' ? { ...one, message: { ...one.message } } : one);
        }
      },
      flushed: () => Promise.resolve(),
    };
  }
}

function check(model: Model, real: Real): void {
  const { main, deadLetters } = real.queue;
  const found = (queue: typeof main) => [...queue.from(0)].map((message) => [idOf(message), message] as const);
  const live = new Map(found(main));
  const dead = new Map(found(deadLetters));
  expect(live.size + dead.size).toBe(found(main).length + found(deadLetters).length);
  for (const message of model.messages.values()) {
    const { id, state, deliveries, lockedUntil } = message;
    const actual = state === 'dead' ? dead.get(id) : live.get(id);
    expect({ id, found: actual !== undefined }).toEqual({ id, found: true });
    if (state === 'dead') continue;
    expect({ id, state: actual?.state, deliveries: actual?.deliveryCount, until: actual?.lock?.until }).toEqual({
      id,
      state,
      deliveries,
      until: lockedUntil,
    });
  }
  expect(live.size + dead.size).toBe(model.messages.size);
  const inState = (state: string) => [...model.messages.values()].filter((message) => message.state === state).length;
  expect(main.counts).toMatchObject({
    active: inState('active'),
    deferred: inState('deferred'),
    scheduled: inState('scheduled'),
  });
  expect(deadLetters.counts.active).toBe(inState('dead'));
}

type Step = (model: Model, real: Real, pick: number) => void;

/** Messages that are locked, in the order of their ids. */
const locked = (model: Model) => [...model.messages.values()].filter(({ lockedUntil }) => lockedUntil !== undefined);

function settle(act: (real: Real, id: string, model: ModelMessage, now: number) => void): Step {
  return (model, real, pick) => {
    const messages = locked(model);
    const message = messages[pick % Math.max(messages.length, 1)];
    if (message) act(real, message.id, message, model.now);
  };
}

function lockedMessage(real: Real, id: string, now: number) {
  const lock = real.locks.get(id) ?? { sequenceNumber: 0, lockId: 0 };
  return real.queue.main.locked(lock.sequenceNumber, lock.lockId, now);
}

const STEPS: Record<string, Step> = {
  send: (model, real, pick) => {
    const timeToLive = pick % 3 === 0 ? 1_000 + (pick % 100) * 1_000 : undefined;
    const delay = pick % 5 === 0 ? 1_000 + (pick % 77) * 1_000 : undefined;
    const id = model.send(timeToLive, delay);
    const message = testMessage({ id, timeToLive, scheduledFor: delay === undefined ? undefined : model.now + delay });
    const { unit, sequenceNumbers } = real.namespace.send('q', [message], model.now);
    real.namespace.commit(unit, model.now);
    for (const number of sequenceNumbers) {
      expect(real.sequenceNumbers.has(number)).toBe(false);
      real.sequenceNumbers.add(number);
    }
  },
  receive: (model, real) => {
    const message = real.queue.main.receive(model.now);
    const available = [...model.messages.values()].filter(
      ({ state, lockedUntil }) => state === 'active' && lockedUntil === undefined,
    );
    expect(message === undefined).toBe(available.length === 0);
    if (!message?.lock) return;
    const expected = model.messages.get(idOf(message));
    if (expected) expected.lockedUntil = model.now + LOCK;
    real.locks.set(idOf(message), { sequenceNumber: message.sequenceNumber, lockId: message.lock.id });
    // The first in order: nothing available is older.
    for (const { id } of available) {
      const other = [...real.queue.main.from(0)].find((one) => idOf(one) === id);
      expect(other?.sequenceNumber ?? 0).toBeGreaterThanOrEqual(message.sequenceNumber);
    }
  },
  complete: (model, real, pick) =>
    settle((_, id, __, now) => {
      real.queue.main.remove(lockedMessage(real, id, now));
      model.messages.delete(id);
    })(model, real, pick),
  abandon: (model, real, pick) =>
    settle((_, id, expected, now) => {
      real.queue.main.abandon(lockedMessage(real, id, now), new Map([['tried', Buffer.of(0x41)]]), now);
      model.unlock(expected, now, true);
      model.advance(0);
      real.timers.run(now);
    })(model, real, pick),
  defer: (model, real, pick) =>
    settle((_, id, expected, now) => {
      real.queue.main.defer(lockedMessage(real, id, now), undefined, now);
      expected.state = 'deferred';
      model.unlock(expected, now, true);
    })(model, real, pick),
  'dead-letter': (model, real, pick) =>
    settle((_, id, expected, now) => {
      real.queue.main.deadLetter(lockedMessage(real, id, now), { reason: 'r', description: 'd' }, now);
      expected.state = 'dead';
      expected.lockedUntil = undefined;
    })(model, real, pick),
  renew: (model, real, pick) =>
    settle((_, id, expected, now) => {
      real.queue.main.renew(lockedMessage(real, id, now), now);
      expected.lockedUntil = now + LOCK;
    })(model, real, pick),
  'take up a deferred one': (model, real, pick) => {
    const deferred = [...real.queue.main.from(0)].filter(({ state, lock }) => state === 'deferred' && !lock);
    const message = deferred[pick % Math.max(deferred.length, 1)];
    if (!message) return;
    real.queue.main.lock(message, model.now);
    real.locks.set(idOf(message), { sequenceNumber: message.sequenceNumber, lockId: message.lock?.id ?? 0 });
    const expected = model.messages.get(idOf(message));
    if (expected) expected.lockedUntil = model.now + LOCK;
  },
  'let time pass': (model, real, pick) => {
    model.advance((pick % 45) * 1_000);
    real.timers.run(model.now);
  },
  restart: (model, real, pick) => {
    real.restart(model.now, pick % 2 === 0);
    for (const message of locked(model)) message.lockedUntil = undefined;
    model.advance(0);
    real.timers.run(model.now);
  },
};

describe('a queue against its model', () => {
  it('loses no message, has none twice, counts them right and never repeats a sequence number', () => {
    const step = fc.tuple(
      fc.constantFrom(...Object.keys(STEPS), 'send', 'receive', 'receive', 'receive', 'abandon'),
      fc.nat(10_000),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (steps) => {
        const model = new Model();
        const real = new Real();
        for (const [name, pick] of steps) {
          STEPS[name]?.(model, real, pick);
          check(model, real);
        }
        expect(queuesOf(real.queue).reduce((sum, { counts }) => sum + counts.bytes, 0) === 0).toBe(
          model.messages.size === 0,
        );
      }),
      { numRuns: 300 },
    );
  });
});
