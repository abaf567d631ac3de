import { describe, expect, it } from '@jest/globals';
import { createCatalogue } from '@orderflow/contracts';
import type { HandledBy, StoryFacts, StoryLetter } from './story-facts.js';
import { consumersOf, outside, producerOf } from './story-lanes.js';
import { tellStory } from './tell-story.js';

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
const handledAt = (times: Readonly<Record<string, number>>): HandledBy =>
  new Map(Object.entries(times).map(([id, second]) => [id, at(second)]));

const placed = { id: 'p', type: 'order.place', time: at(1) };
const accepted = { id: 'a', type: 'order.accepted', time: at(3), cause: { messageId: 'p', attempt: 1 } };
const captured = { id: 'c', type: 'payment.captured', time: at(5), cause: { messageId: 'a', attempt: 3 } };

/** An order that was placed, accepted and paid, with what a test changes of that. */
const facts = (changes: Partial<StoryFacts> = {}): StoryFacts => ({
  orderId: 'o-1',
  order: undefined,
  messages: [placed, accepted, captured],
  letters: [],
  hasMoreLetters: false,
  replayed: [],
  restored: [],
  handled: new Map([
    ['order-api', handledAt({ a: 4, c: 6 })],
    ['order-worker', handledAt({ p: 2 })],
    ['billing-worker', handledAt({ a: 5 })],
    ['analytics-worker', handledAt({ a: 7, c: 8 })],
  ]),
  unindexed: [],
  asOf: at(59),
  ...changes,
});

const letter = (changes: Partial<StoryLetter> = {}): StoryLetter => ({
  ...{ queue: 'billing', app: 'billing-worker', place: '7', group: '0123456789abcdef', messageId: 'a' },
  ...{ type: 'order.accepted', version: 1, reason: 'AttemptsExhausted', detail: 'The gateway was away.' },
  ...{ enqueuedAt: at(3), indexedAt: at(20), attempt: 5, generation: 0, size: 2 },
  ...changes,
});

/** The kinds, lanes and messages of a story's steps, in their order. */
const stepsOf = (story: ReturnType<typeof tellStory>) =>
  story.steps.map(({ kind, lane, messageId, time }) => `${time?.slice(17, 19) ?? '--'} ${lane} ${kind} ${messageId}`);
const leadsTo = ({ edges }: ReturnType<typeof tellStory>, from: string) =>
  edges.filter((edge) => edge.from === from).map(({ to, kind }) => `${kind} ${to}`);

describe('the story of an order that was paid', () => {
  const story = tellStory(facts());

  it('is told in the lanes of the apps, with the times that they wrote down', () => {
    expect(stepsOf(story)).toEqual([
      '01 order-api sent p',
      '02 order-worker handled p',
      '03 order-worker sent a',
      '-- billing-worker failed a',
      '04 order-api handled a',
      '05 billing-worker handled a',
      '05 billing-worker sent c',
      '06 order-api handled c',
      '07 analytics-worker handled a',
      '08 analytics-worker handled c',
    ]);
    expect(story.lanes).toEqual(['order-api', 'order-worker', 'billing-worker', 'analytics-worker']);
    expect([story.complete, story.why]).toEqual([true, []]);
  });

  it('says what led to what', () => {
    expect(leadsTo(story, 'sent p')).toEqual(['delivered handled order-worker p']);
    expect(leadsTo(story, 'handled order-worker p')).toEqual(['caused sent a']);
    expect(leadsTo(story, 'sent a').sort()).toEqual([
      'delivered failed billing-worker a',
      'delivered handled analytics-worker a',
      'delivered handled order-api a',
    ]);
  });

  it('knows from an event how many attempts had failed before, and not when', () => {
    const failed = story.steps.find(({ kind }) => kind === 'failed');
    expect(failed).toMatchObject({ lane: 'billing-worker', attempts: 2, time: null, notAfter: at(5) });
    expect(leadsTo(story, 'failed billing-worker a')).toEqual(['delivered handled billing-worker a']);
  });

  it('has no step before one that led to it', () => {
    const places = new Map(story.steps.map(({ id }, n) => [id, n]));
    for (const { from, to } of story.edges) expect(places.get(from)).toBeLessThan(places.get(to) ?? -1);
  });
});

describe('a dead letter', () => {
  const unpaid = (changes: Partial<StoryFacts>) =>
    facts({
      messages: [placed, accepted],
      handled: new Map([...facts().handled, ['billing-worker', handledAt({})]]),
      ...changes,
    });

  it('lies where it is: when it was given up is between being stored and being seen', () => {
    const story = tellStory(unpaid({ letters: [letter({ firstFailure: 'ECONNREFUSED' })] }));
    expect(story.steps.find(({ kind }) => kind === 'dead-lettered')).toEqual({
      ...{
        id: 'dead billing 7',
        kind: 'dead-lettered',
        lane: 'billing-worker',
        messageId: 'a',
        type: 'order.accepted',
      },
      ...{ time: null, notBefore: at(3), notAfter: at(20), attempts: 5 },
      detail: 'AttemptsExhausted: The gateway was away.; first: ECONNREFUSED',
      link: '/ops/queues/billing/dead-letters/7',
    });
    expect(story.complete).toBe(true);
  });

  it('that was replayed was handled, or failed, after its replay', () => {
    const gone = { at: at(31), outcome: 'replayed' as const, by: 'r-1' };
    const again = letter({ place: '9', generation: 1, enqueuedAt: at(31), indexedAt: at(35) });
    const replayed = [
      { replay: 'r-1', queue: 'billing', place: '7', outcome: 'failed-again', sentAt: at(30) },
      { replay: 'r-2', queue: 'billing', place: '9', outcome: 'confirmed', sentAt: at(40) },
    ];
    const letters = [letter({ gone }), { ...again, gone: { ...gone, at: at(41), by: 'r-2' } }];
    const story = tellStory(
      unpaid({ letters, replayed, handled: new Map([...facts().handled, ['billing-worker', handledAt({ a: 42 })]]) }),
    );
    expect(leadsTo(story, 'dead billing 7')).toEqual(['operated replayed r-1 7']);
    expect(leadsTo(story, 'replayed r-1 7')).toEqual(['gave-up dead billing 9']);
    expect(leadsTo(story, 'replayed r-2 9')).toEqual(['delivered handled billing-worker a']);
    expect(story.steps.find(({ id }) => id === 'replayed r-2 9')).toMatchObject({
      ...{ time: at(40), outcome: 'confirmed', link: '/ops/replays/r-2' },
    });
  });

  it('that was handled before its replay was handled when it was first sent', () => {
    const gone = { at: at(31), outcome: 'replayed' as const, by: 'r-1' };
    const replayed = [{ replay: 'r-1', queue: 'billing', place: '7', outcome: 'confirmed', sentAt: at(30) }];
    const story = tellStory(facts({ letters: [letter({ gone })], replayed }));
    expect(leadsTo(story, 'replayed r-1 7')).toEqual([]);
    expect(leadsTo(story, 'sent a')).toContain('delivered failed billing-worker a');
  });

  it('that was discarded and restored, or taken by somebody, is told as that', () => {
    const discarded = letter({ gone: { at: at(31), outcome: 'discarded', by: 'd-1' } });
    const back = { queue: 'billing', place: '7', link: '/ops/discards/d-1', at: at(40) };
    const story = tellStory(unpaid({ letters: [discarded], restored: [back] }));
    expect(leadsTo(story, 'discarded billing 7')).toEqual(['operated restored billing 7']);
    expect(story.steps.find(({ kind }) => kind === 'restored')).toMatchObject({ time: at(40), link: back.link });
    const taken = tellStory(unpaid({ letters: [letter({ gone: { at: at(31), outcome: 'taken' } })] }));
    expect(taken.steps.find(({ kind }) => kind === 'taken')).toMatchObject({
      time: null,
      notBefore: at(20),
      notAfter: at(31),
    });
    const lost = letter({ gone: { at: at(31), outcome: 'taken' } });
    const kept = tellStory(unpaid({ letters: [lost], restored: [{ ...back, link: '/ops/exports/e-1' }] }));
    expect(leadsTo(kept, 'taken billing 7')).toEqual(['operated restored billing 7']);
  });

  it('that was edited has another message in its place, for the app that had failed alone', () => {
    const id = 'edit-e-1';
    const edited = letter({ gone: { at: at(31), outcome: 'edited', by: 'e-1' } });
    const handled = new Map([...facts().handled, ['billing-worker', handledAt({ [id]: 33 })]]);
    const story = tellStory(unpaid({ letters: [edited], handled }));
    expect(leadsTo(story, 'dead billing 7')).toEqual(['operated edited billing 7']);
    expect(leadsTo(story, 'edited billing 7')).toEqual([`operated sent ${id}`]);
    expect(leadsTo(story, `sent ${id}`)).toEqual([`delivered handled billing-worker ${id}`]);
    expect(story.steps.find((step) => step.id === `sent ${id}`)).toMatchObject({ lane: 'order-api', time: null });
    expect(story.steps.find(({ kind }) => kind === 'edited')).toMatchObject({ time: at(31), link: '/ops/edits/e-1' });
    expect(story.why).toEqual([]);
    const waiting = tellStory(unpaid({ letters: [edited] }));
    expect(waiting.why).toEqual([expect.stringContaining(`${id} is neither in the inbox of billing-worker`)]);
  });

  it('that was discarded is at its end', () => {
    const discarded = letter({ gone: { at: at(31), outcome: 'discarded', by: 'd-1' } });
    expect(tellStory(unpaid({ letters: [discarded] })).why).toEqual([]);
  });

  it('of a message that this service never heard of is told with what is known of it', () => {
    const story = tellStory(unpaid({ messages: [], letters: [letter({ messageId: 'x' })] }));
    expect(stepsOf(story)).toContain('-- order-worker sent x');
  });
});

describe('a story that is not whole', () => {
  it('says which app does not answer, which queue nobody looked at, and that there are more letters', () => {
    const { complete, why } = tellStory(
      facts({
        handled: new Map([...facts().handled, ['analytics-worker', { unknown: 'It is away.' }]]),
        unindexed: ['billing'],
        hasMoreLetters: true,
      }),
    );
    expect([complete, why]).toEqual([
      false,
      [
        'What analytics-worker has handled is not known: It is away.',
        'Nobody has looked at the dead letters of billing yet.',
        'It has more than 0 dead letters.',
      ],
    ]);
  });

  it('never invents a time: what an event proves has been handled has none where the inbox does not say', () => {
    const story = tellStory(facts({ handled: new Map([...facts().handled, ['order-worker', handledAt({})]]) }));
    expect(story.steps.find(({ id }) => id === 'handled order-worker p')).toMatchObject({ time: null });
    expect(story.complete).toBe(true);
  });

  it('says what is on its way', () => {
    const { why } = tellStory(facts({ messages: [placed], handled: new Map([['order-worker', handledAt({})]]) }));
    expect(why).toEqual([
      expect.stringMatching(/^order\.place p is neither in the inbox of order-worker nor a dead letter by the index: /),
    ]);
    const order = { id: 'o-1', status: 'pending', scheduledFor: '2027-01-01T00:00:00.000Z' } as StoryFacts['order'];
    const later = tellStory(facts({ order, messages: [placed], handled: new Map([['order-worker', handledAt({})]]) }));
    expect(later.why).toEqual(['order.place p waits until 2027-01-01T00:00:00.000Z.']);
  });

  it('says of which message only the id is known', () => {
    const { why, steps } = tellStory(facts({ messages: [accepted] }));
    expect(why).toEqual([expect.stringContaining('Of message p')]);
    expect(steps.map(({ id }) => id)).toEqual(expect.arrayContaining(['sent p', 'handled order-worker p', 'sent a']));
  });
});

it('has a producer and consumers for every message of an order', () => {
  const types = createCatalogue({ defaultCurrency: 'EUR' }).map(({ type }) => type);
  const ofOrders = [...new Set(types)].filter((type) => /^(order|payment)\./.test(type));
  expect(ofOrders.length).toBeGreaterThanOrEqual(7);
  const lost = ofOrders.filter((type) => producerOf(type) === outside || consumersOf(type).length === 0);
  expect(lost).toEqual([]);
});
