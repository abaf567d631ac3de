import { expect, it } from '@jest/globals';
import fc from '../testing/fast-check.js';
import { readApplicationProperties } from '../codec/message-view.js';
import type { Rule } from '../rules/index.js';
import { testMessage } from '../testing/message.js';
import type { TopicEntity } from './entity.js';
import type { BrokerEvent, SingleEvent } from './events.js';
import { Namespace } from './namespace.js';
import { TimerQueue } from './timer-queue.js';

const START = 1_700_000_000_000;
const WINDOW = 20_000;
const SUBSCRIPTIONS = ['one', 'two', 'three'];

/** The rules there may be, and which subjects each takes. */
const RULES: readonly (Rule & { readonly takes: string })[] = [
  { name: 'all', filter: { kind: 'true' }, takes: 'abc' },
  { name: 'none', filter: { kind: 'false' }, takes: '' },
  { name: 'a', filter: { kind: 'correlation', subject: 'a' }, takes: 'a' },
  { name: 'not-a', filter: { kind: 'sql', expression: "sys.Label <> 'a'" }, takes: 'bc' },
  {
    name: 'marks-b',
    filter: { kind: 'sql', expression: "sys.Label = 'b'" },
    action: { expression: 'SET m = 1' },
    takes: 'b',
  },
  { name: 'marks-all', filter: { kind: 'true' }, action: { expression: 'SET m = 2' }, takes: 'abc' },
];

interface Scheduled {
  readonly send: number;
  readonly subject: string;
  readonly at: number;
  readonly sequenceNumber: number;
}

/** What a topic should do, by the plainest means. A copy is the number of its send, and its rule's name. */
class Model {
  now = START;
  lastSend = 0;
  readonly seen = new Map<string, number>();
  scheduled: Scheduled[] = [];
  readonly rules = new Map(SUBSCRIPTIONS.map((name) => [name, new Set<string>()]));
  readonly copies = new Map(SUBSCRIPTIONS.map((name) => [name, new Set<string>()]));

  isDuplicate(id: string): boolean {
    const at = this.seen.get(id);
    if (at !== undefined && at + WINDOW > this.now) return true;
    this.seen.set(id, this.now);
    return false;
  }

  publish(send: number, subject: string): void {
    for (const name of SUBSCRIPTIONS) {
      const matching = RULES.filter((rule) => this.rules.get(name)?.has(rule.name) && rule.takes.includes(subject));
      const copies = this.copies.get(name);
      if (matching.some(({ action }) => !action)) copies?.add(`${send}`);
      for (const rule of matching) if (rule.action) copies?.add(`${send} ${rule.name}`);
    }
  }

  advance(ms: number): void {
    this.now += ms;
    for (const { send, subject, at } of this.scheduled) if (at <= this.now) this.publish(send, subject);
    this.scheduled = this.scheduled.filter(({ at }) => at > this.now);
  }
}

/** The real topic, with everything it recorded, and where every sequence number was seen. */
class Real {
  timers = new TimerQueue();
  namespace = this.#create();
  readonly recorded: SingleEvent[] = [];
  readonly numbers = new Map<string, string>();

  constructor() {
    this.namespace.recordTo(this.#recorder());
    const options = { requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: WINDOW };
    this.namespace.createTopic('t', options, START);
    for (const name of SUBSCRIPTIONS) this.namespace.createSubscription(pathOf(name), {}, START, []);
  }

  get topic(): TopicEntity {
    return this.namespace.registry.topic('t');
  }

  /** Another broker with what this one recorded, or with its snapshot. */
  restart(now: number, fromSnapshot: boolean): void {
    const events = fromSnapshot ? [...this.namespace.snapshot()] : [...this.recorded];
    this.timers = new TimerQueue();
    this.namespace = this.#create();
    for (const event of events) this.namespace.apply(event, now);
    this.namespace.recordTo(this.#recorder());
  }

  #create(): Namespace {
    return new Namespace({ timers: this.timers, newId: () => 'id', later: (work) => work(START) });
  }

  #recorder() {
    return {
      record: (event: BrokerEvent) => {
        for (const one of event.type === 'group' ? event.events : [event]) {
          this.recorded.push(one.type === 'enqueued' ? { ...one, message: { ...one.message } } : one);
        }
      },
      flushed: () => Promise.resolve(),
    };
  }
}

const pathOf = (name: string) => `t/Subscriptions/${name}`;

/** The number of the send a message comes from, and the rule that changed it. */
function copyOf(bare: Buffer): string {
  const send = /#(\d+)#/.exec(bare.toString('latin1'))?.[1] ?? '';
  const rule = readApplicationProperties(bare).get('RuleName');
  return rule === undefined ? send : `${send} ${String(rule)}`;
}

function check(model: Model, real: Real): void {
  for (const name of SUBSCRIPTIONS) {
    const { main, deadLetters } = real.topic.subscriptions.get(name) ?? fail(name);
    const copies: string[] = [];
    for (const { sequenceNumber, content } of main.from(0)) {
      const copy = copyOf(content.bare);
      copies.push(copy);
      // A number belongs to one message for ever.
      expect(real.numbers.get(`${name} ${sequenceNumber}`) ?? copy).toBe(copy);
      real.numbers.set(`${name} ${sequenceNumber}`, copy);
    }
    expect(copies.sort()).toEqual([...(model.copies.get(name) ?? [])].sort());
    expect(main.counts).toMatchObject({ active: copies.length, deferred: 0, scheduled: 0 });
    expect(deadLetters.counts.active).toBe(0);
  }
  expect(real.topic.main.counts).toMatchObject({ active: 0, deferred: 0, scheduled: model.scheduled.length });
}

function fail(name: string): never {
  throw new Error(`There is no subscription '${name}'.`);
}

type Step = (model: Model, real: Real, pick: number) => void;

const STEPS: Record<string, Step> = {
  send: (model, real, pick) => {
    const [id, subject] = [`m${pick % 7}`, 'abc'.charAt(pick % 3)];
    const at = pick % 5 === 0 ? model.now + 1_000 + (pick % 31) * 1_000 : undefined;
    const send = ++model.lastSend;
    const message = testMessage({ id, subject, scheduledFor: at, body: Buffer.from(`#${send}#`) });
    const { unit, sequenceNumbers } = real.namespace.send('t', [message], model.now);
    real.namespace.commit(unit, model.now);
    if (model.isDuplicate(id)) return;
    if (at === undefined) model.publish(send, subject);
    else model.scheduled.push({ send, subject, at, sequenceNumber: sequenceNumbers[0] ?? 0 });
  },
  cancel: (model, real, pick) => {
    const one = model.scheduled[pick % Math.max(model.scheduled.length, 1)];
    if (!one) return;
    const message = real.topic.main.find(one.sequenceNumber);
    expect(message && copyOf(message.content.bare)).toBe(`${one.send}`);
    if (message) real.topic.main.remove(message);
    model.scheduled = model.scheduled.filter((other) => other !== one);
  },
  'add or remove a rule': (model, real, pick) => {
    const name = SUBSCRIPTIONS[pick % SUBSCRIPTIONS.length] ?? '';
    const rule = RULES[pick % RULES.length];
    const rules = model.rules.get(name);
    if (!rule || !rules) return;
    if (rules.delete(rule.name)) return real.namespace.removeRule(pathOf(name), rule.name, model.now);
    real.namespace.addRule(pathOf(name), rule, model.now);
    rules.add(rule.name);
  },
  receive: (model, real, pick) => {
    const name = SUBSCRIPTIONS[pick % SUBSCRIPTIONS.length] ?? '';
    const message = real.topic.subscriptions.get(name)?.main.take(model.now);
    const copies = model.copies.get(name);
    expect(message === undefined).toBe(copies?.size === 0);
    if (message) expect(copies?.delete(copyOf(message.content.bare))).toBe(true);
  },
  'let time pass': (model, real, pick) => {
    model.advance((pick % 30) * 1_000);
    real.timers.run(model.now);
  },
  restart: (model, real, pick) => {
    real.restart(model.now, pick % 2 === 0);
    real.timers.run(model.now);
  },
};

it('gives every subscription its copies of every message that is no duplicate, once each, and counts them', () => {
  const names = [...Object.keys(STEPS), 'send', 'send', 'send', 'add or remove a rule'];
  const step = fc.tuple(fc.constantFrom(...names), fc.nat(10_000));
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (steps) => {
      const model = new Model();
      const real = new Real();
      for (const [name, pick] of steps) {
        STEPS[name]?.(model, real, pick);
        check(model, real);
      }
    }),
    { numRuns: 300 },
  );
});
