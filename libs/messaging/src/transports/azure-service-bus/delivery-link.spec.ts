import type { ServiceBusReceiver } from '@azure/service-bus';
import { describe, expect, it } from '@jest/globals';
import { DeliveryLink } from './delivery-link.js';

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

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
