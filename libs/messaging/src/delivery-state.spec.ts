import { describe, expect, it } from '@jest/globals';
import {
  attemptOf,
  firstDelivery,
  nextGeneration,
  nextRound,
  releasedCopy,
  unsettledAloneOf,
  unsettledOf,
} from './delivery-state.js';

describe('the attempt', () => {
  it('counts crashes and delayed redeliveries, not releases', () => {
    let state = firstDelivery;
    expect(attemptOf(state, 0)).toBe(1);
    expect(attemptOf(state, 1)).toBe(2);
    state = { ...state, releases: 1 };
    expect(attemptOf(state, 1)).toBe(1);
    state = nextRound(state, attemptOf(state, 2), 'away');
    expect(state).toEqual({ generation: 0, round: 1, attempts: 2, releases: 0, unsettled: 0, firstFailure: 'away' });
    expect(attemptOf(state, 0)).toBe(3);
  });

  it('starts over with a replay', () => {
    const before = { generation: 1, round: 4, attempts: 9, releases: 2, unsettled: 1, firstFailure: 'away' };
    const state = nextGeneration(before);
    expect(state).toEqual({ generation: 2, round: 0, attempts: 0, releases: 0, unsettled: 0 });
    expect(attemptOf(state, 0)).toBe(1);
  });
});

describe('what ended unsettled since a message was isolated', () => {
  it('is counted apart from what did before, over releases, and forgotten with the round', () => {
    const isolated = releasedCopy(firstDelivery, 2, { begun: 2 });
    expect([unsettledAloneOf(firstDelivery, 2), unsettledAloneOf(isolated, unsettledOf(isolated, 0))]).toEqual([
      undefined,
      0,
    ]);
    const released = releasedCopy(isolated, 1);
    expect([unsettledOf(released, 0), unsettledAloneOf(released, unsettledOf(released, 0))]).toEqual([3, 1]);
    expect(nextRound(released, 4)).not.toHaveProperty('inCompany');
    expect(nextGeneration(released)).not.toHaveProperty('inCompany');
  });

  it('leaves the attempts that cannot have begun', () => {
    const isolated = releasedCopy({ ...nextRound(firstDelivery, 1), releases: 1 }, 6, { begun: 2 });
    expect([attemptOf(isolated, 0), unsettledOf(isolated, 0)]).toEqual([4, 5]);
    expect(attemptOf(releasedCopy(firstDelivery, 1, { begun: 2 }), 0)).toBe(2);
  });

  it('is nothing where a consumer that knew no isolation began another round', () => {
    expect(unsettledAloneOf({ inCompany: 2 }, 0)).toBeUndefined();
  });
});
