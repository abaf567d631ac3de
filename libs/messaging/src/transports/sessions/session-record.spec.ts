import { describe, expect, it } from '@jest/globals';
import { firstDelivery } from '../../delivery-state.js';
import { failed, handedBack, isolated, opened, reachedBy, waiting, waitLeft } from './session-record.js';

const message = (deliveryCount: number, sequence = '7') => ({ state: firstDelivery, deliveryCount, sequence });
const fresh = { attempt: 1, unsettled: 0 };

describe('the message at the head of a session', () => {
  it.each([0, 3])(
    'is at its first attempt when its session has no record, beside %i that the broker counted',
    (count) => {
      expect(reachedBy(message(count), undefined)).toEqual({ attempt: count + 1, unsettled: count });
    },
  );

  it.each([
    ['a closed session, which brokers do not count', 0, 1],
    ['a lock that ran out, which they count', 1, 1],
    ['three of them', 3, 3],
  ])('lost an attempt to a holder that ended without a word: %s', (_, counted, lost) => {
    const record = opened(message(0), fresh);
    expect(reachedBy(message(counted), record)).toEqual({ attempt: 1 + lost, unsettled: lost });
  });

  it('lost one to such a holder also when the record is of a message before it', () => {
    expect(reachedBy(message(0, '8'), opened(message(0), fresh))).toEqual({ attempt: 2, unsettled: 1 });
  });

  it('lost none while it waited, nor to who handed it back, whatever the broker counted', () => {
    const reached = failed(message(0), fresh, 'no answer');
    expect(reached).toEqual({ attempt: 2, unsettled: 0, firstFailure: 'no answer' });
    expect(reachedBy(message(5), waiting(message(0), reached, 5_000, 0))).toEqual(reached);
    expect(reachedBy(message(5), handedBack(message(1), reached))).toEqual(reached);
    expect(handedBack(message(0), fresh)).toBeUndefined();
  });

  it('stays isolated until it fails, whoever holds it', () => {
    const reached = isolated({ attempt: 5, unsettled: 4 }, { begun: 2 });
    const record = waiting(message(0), reached, 5_000, 0);
    expect(reachedBy(message(0), record)).toEqual({ attempt: 3, unsettled: 4, inCompany: 4 });
    const again = reachedBy(message(0), opened(message(0), reached));
    expect(again).toEqual({ attempt: 4, unsettled: 5, inCompany: 4 });
    expect(reachedBy(message(0), handedBack(message(0), again))).toEqual(again);
    expect(failed(message(0), again, 'no answer')).toEqual({ attempt: 5, unsettled: 0, firstFailure: 'no answer' });
    const asCounted = isolated({ attempt: 3, unsettled: 2 }, { begun: 2 });
    expect(handedBack(message(2), asCounted)).toMatchObject({ inCompany: 2 });
  });

  it('keeps its first failure', () => {
    const once = failed(message(0), fresh, 'first');
    expect(failed(message(0), once, 'second')).toEqual({ attempt: 3, unsettled: 0, firstFailure: 'first' });
  });

  it('waits for the rest of its delay, and never longer than that, whatever the clock of another process says', () => {
    const record = waiting(message(0), fresh, 5_000, 1_000);
    expect([0, 1_000, 4_000, 6_000, 9_000].map((now) => waitLeft(record, '7', now))).toEqual([
      5_000, 5_000, 2_000, 0, 0,
    ]);
    expect(waitLeft(record, '8', 1_000)).toBe(0);
    expect(waitLeft(undefined, '7', 1_000)).toBe(0);
  });
});
