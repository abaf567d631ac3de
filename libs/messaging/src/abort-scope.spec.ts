import { describe, expect, it } from '@jest/globals';
import { AbortScope, deliveryIn, inScope, scopeWithin } from './abort-scope.js';
import type { Delivery } from './transport.js';
import { outgoing } from './testing/outgoing.js';

const facts = { envelope: outgoing('m').envelope, queue: 'work', attempt: 1, unsettled: 0 };
const reason = new Error('The lock was lost.');

describe('a scope', () => {
  it('has one signal, which is aborted with it: asked for before or after', () => {
    const [early, late] = [new AbortScope(), new AbortScope()];
    const { signal } = early;
    expect([signal.aborted, early.signal === signal]).toEqual([false, true]);
    for (const scope of [early, late]) {
      scope.abort(reason);
      scope.abort(new Error('another'));
    }
    expect([signal.aborted, signal.reason, early.aborted, early.reason]).toEqual([true, reason, true, reason]);
    expect([late.signal.aborted, late.signal.reason]).toEqual([true, reason]);
  });

  it('tells who listens once, also who comes late, and nobody who took it back', () => {
    const scope = new AbortScope();
    const seen: string[] = [];
    scope.onAbort(() => seen.push('early'));
    const [gone, goneFirst] = [() => void seen.push('gone'), () => void seen.push('gone first')];
    for (const listener of [goneFirst, gone]) scope.onAbort(listener);
    for (const listener of [goneFirst, gone, gone]) scope.offAbort(listener);
    scope.abort(reason);
    scope.abort(reason);
    scope.onAbort(() => seen.push('late'));
    expect(seen).toEqual(['early', 'late']);
  });

  it.each([
    ['a scope', (outer: AbortScope) => outer],
    ['a signal', (outer: AbortScope) => outer.signal],
  ])('within %s is aborted with it, until it is detached, and may be alone', (_, within) => {
    const outer = new AbortScope();
    const [inner, alone, detached, silent] = Array.from({ length: 4 }, () => new AbortScope(within(outer)));
    const seen: unknown[] = [];
    inner?.onAbort(() => seen.push(inner.reason));
    alone?.abort(new Error('alone'));
    const { signal } = detached as AbortScope;
    detached?.detach();
    expect(outer.aborted).toBe(false);
    outer.abort(reason);
    expect(seen).toEqual([reason]);
    expect(alone?.reason).toEqual(new Error('alone'));
    expect([signal.aborted, detached?.aborted]).toEqual([false, false]);
    expect([silent?.aborted, silent?.reason, silent?.signal.aborted]).toEqual([true, reason, true]);
  });
});

describe('a delivery', () => {
  it('has the signal of its scope, and so has a copy of it', () => {
    const scope = new AbortScope();
    const delivery = deliveryIn(scope, facts);
    const copy = { ...delivery, queue: 'other' };
    expect(deliveryIn(scope, { ...delivery, tenant: 'north' } as Delivery)).toHaveProperty('tenant', 'north');
    expect({ ...delivery }).toEqual({ ...facts, signal: scope.signal });
    expect([copy.queue, copy.signal === scope.signal]).toEqual(['other', true]);
    scope.abort(reason);
    expect([delivery.signal.aborted, copy.signal.aborted]).toEqual([true, true]);
  });

  it('is found in its scope; one with a signal of its own, in one within that', () => {
    const scope = new AbortScope();
    const delivery = deliveryIn(scope, facts);
    expect(inScope(delivery)).toEqual({ scope, delivery });
    const own = new AbortController();
    const found = inScope({ ...delivery, signal: own.signal });
    const within = scopeWithin({ ...delivery, signal: own.signal });
    scope.abort(reason);
    expect([found.scope.aborted, found.delivery.signal.aborted, within.aborted]).toEqual([false, false, false]);
    own.abort(reason);
    expect([found.scope.aborted, found.delivery.signal.aborted, within.aborted]).toEqual([true, true, true]);
  });
});
