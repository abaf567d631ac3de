import { ServiceBusError, type ServiceBusReceiver } from '@azure/service-bus';
import { describe, expect, it } from '@jest/globals';
import type { Place } from '../../linked-list.js';
import { type CountedDelivery, DeliveryLink, mostCompleting } from './delivery-link.js';

/** Passed on as it is; what it can do is the business of whoever settles. */
const receiver = { entityPath: 'work' } as ServiceBusReceiver;

describe('a link', () => {
  it('settles with its receiver, and says so once the broker answered', async () => {
    const link = new DeliveryLink(receiver);
    const answer = Promise.withResolvers<void>();
    const used: unknown[] = [];
    let settled: boolean | undefined;
    const settling = link.settle('complete', (by) => {
      used.push(by);
      return answer.promise;
    });
    void settling.then((done) => (settled = done));
    await nextTurn();
    expect([used, settled]).toEqual([[receiver], undefined]);
    answer.resolve();
    expect(await settling).toBe(true);
  });

  it('passes on why the broker refused', async () => {
    const link = new DeliveryLink(receiver);
    await expect(link.settle('other', () => Promise.reject(new Error('lock lost')))).rejects.toThrow('lock lost');
  });

  it('that is lost while an answer is due says that it is not known to have settled', async () => {
    const link = new DeliveryLink(receiver);
    const settling = link.settle('complete', () => new Promise(() => {}));
    await nextTurn();
    link.lose();
    expect(await settling).toBe(false);
  });

  it.each(['complete', 'other'] as const)('that is lost settles nothing any more (%s)', async (outcome) => {
    const link = new DeliveryLink(receiver);
    let sends = 0;
    const send = async (): Promise<void> => void (sends += 1);
    // Its turn comes after the loss.
    const waiting = link.settle('other', send);
    link.lose();
    expect(await waiting).toBe(false);
    expect(await link.settle(outcome, send)).toBe(false);
    await nextTurn();
    expect(sends).toBe(0);
  });
});

describe('completions whose places are free again', () => {
  it('are two of each place, fewer where a link has hundreds of places, and none where it has enough without', () => {
    expect([0, 1, 32, 170, 171, 500, 512, 2_000].map(mostCompleting)).toEqual([0, 2, 64, 340, 341, 12, 0, 0]);
  });
});

describe('the deliveries of a link', () => {
  const refused = new ServiceBusError('The lock is gone.', 'MessageLockLost');

  it('fill it when 1,024 came after one that is never settled, not when each is settled', async () => {
    const link = new DeliveryLink(receiver);
    const settle = (delivery: Place<CountedDelivery>): Promise<boolean> =>
      link.settle('complete', async () => {}, delivery);
    for (let count = 0; count < 3_000; count += 1) await settle(link.deliver());
    expect(link.needsReplacement).toBe(false);
    link.deliver();
    for (let count = 0; count < 1_023; count += 1) await settle(link.deliver());
    expect(link.needsReplacement).toBe(false);
    await settle(link.deliver());
    expect(link.needsReplacement).toBe(true);
  });

  it.each([
    ['that the broker refused to settle do not', refused, false],
    ['whose settlement was not answered do', new Error('timeout'), true],
  ])('%s', async (_, error, needsReplacement) => {
    const link = new DeliveryLink(receiver);
    const settling = link.settle('other', () => Promise.reject(error), link.deliver());
    await expect(settling).rejects.toBe(error);
    for (let count = 0; count < 1_024; count += 1) await link.settle('complete', async () => {}, link.deliver());
    expect(link.needsReplacement).toBe(needsReplacement);
  });

  it('need another one as soon as one of them was settled elsewhere', async () => {
    const link = new DeliveryLink(receiver);
    const kept = { settled: false };
    const onTheLink = async (): Promise<void> => void (kept.settled = true);
    await link.settle('complete', onTheLink, link.deliver(kept));
    expect(link.needsReplacement).toBe(false);
    await link.settle('complete', async () => {}, link.deliver({ settled: false }));
    expect(link.needsReplacement).toBe(true);
  });

  it.each([
    ['is lost', true, true, false],
    ['brought something that is not settled, without being lost', false, true, true],
    ['brought nothing that is not settled', false, false, false],
  ])('need another one when the receiver attaches again after one that %s: %#', async (_, lost, unsettled, needed) => {
    const link = new DeliveryLink(receiver);
    await link.settle('complete', async () => {}, link.deliver());
    if (unsettled) link.deliver();
    if (lost) link.lose();
    const next = link.next();
    expect(next.needsReplacement).toBe(needed);
    expect(await link.settle('complete', async () => {})).toBe(false);
    expect(await next.settle('complete', async () => {})).toBe(true);
  });
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
