import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IncomingWindow } from './incoming-window.js';
import { OutgoingWindow } from './outgoing-window.js';
import { Unsettled } from './unsettled.js';

const uint32 = (value: bigint) => Number(BigInt.asUintN(32, value));
const start = fc.constantFrom(0n, 1n, 2n ** 31n - 2n, 2n ** 32n - 3n, 2n ** 32n - 1n);
const window = fc.constantFrom(0, 1, 2, 5, 2_048, 2 ** 31, 2 ** 32 - 1);

describe('the windows of a session', () => {
  it('outgoing: what the peer said less what it has not seen, also where ids begin anew and windows shrink', () => {
    const step = fc.record({ sends: fc.nat({ max: 6 }), sees: fc.nat({ max: 6 }), says: window });
    fc.assert(
      fc.property(start, window, fc.array(step), (first, begun, steps) => {
        const outgoing = new OutgoingWindow(uint32(first), begun);
        let [sent, seen] = [0n, 0n];
        for (const { sends, sees, says } of steps) {
          for (let i = 0; i < sends && outgoing.left > 0; i++, sent++) outgoing.take();
          seen = seen + BigInt(sees) > sent ? sent : seen + BigInt(sees);
          const isFirst = seen === 0n && sees % 2 === 0;
          expect(outgoing.update(isFirst ? undefined : uint32(first + seen), says)).toBe(true);
          const room = BigInt(says) - (sent - seen);
          expect(outgoing.left).toBe(Number(room < 0n ? 0n : room));
          expect(outgoing.nextId).toBe(uint32(first + sent));
        }
      }),
    );
  });

  it('outgoing: a transfer that was never sent cannot be behind the peer', () => {
    const outgoing = new OutgoingWindow(0xffff_ffff, 10);
    outgoing.take();
    expect(outgoing.update(1, 10)).toBe(false);
    expect([outgoing.left, outgoing.nextId]).toEqual([9, 0]);
  });

  it('outgoing: a peer that has not seen our begin may count from another id', () => {
    const outgoing = new OutgoingWindow(1, 10);
    expect([outgoing.update(0, 10), outgoing.left]).toEqual([true, 10]);
    outgoing.take();
    expect([outgoing.update(0, 10), outgoing.left]).toEqual([true, 9]);
  });

  it('incoming: takes no more than it said, and is restated when half is used', () => {
    fc.assert(
      fc.property(start, fc.integer({ min: 1, max: 20 }), fc.array(fc.boolean()), (first, size, steps) => {
        const incoming = new IncomingWindow(size, uint32(first));
        let [came, left] = [0n, size];
        for (const restates of steps) {
          expect(incoming.take()).toBe(left > 0);
          if (left > 0) [came, left] = [came + 1n, left - 1];
          expect(incoming.isHalfUsed).toBe(left <= size / 2);
          if (restates) incoming.restate();
          if (restates) left = size;
          expect([incoming.left, incoming.nextId]).toEqual([left, uint32(first + came)]);
        }
      }),
    );
  });
});

describe('unsettled deliveries', () => {
  it('are found by ranges that begin anew, in their order, whatever the range claims', () => {
    fc.assert(
      fc.property(
        start,
        fc.array(fc.nat({ max: 9 })),
        fc.nat({ max: 9 }),
        fc.integer({ min: -3, max: 2 ** 31 - 1 }),
        (first, gone, from, length) => {
          const unsettled = new Unsettled<number>();
          for (let i = 0; i < 10; i++) unsettled.add(uint32(first + BigInt(i)), i);
          for (const i of gone) unsettled.delete(uint32(first + BigInt(i)));
          const to = BigInt(from) + BigInt(length);
          const expected = Array.from({ length: 10 }, (_, i) => i).filter(
            (i) => !gone.includes(i) && i >= from && BigInt(i) <= to,
          );
          const found = unsettled.within(uint32(first + BigInt(from)), uint32(first + to));
          expect(found.map((id) => unsettled.get(id))).toEqual(expected);
        },
      ),
    );
  });

  it('are all found however many come after one that stays', () => {
    const stays = fc.array(fc.nat({ max: 4_000 }), { maxLength: 20 });
    fc.assert(
      fc.property(start, stays, (first, kept) => {
        const unsettled = new Unsettled<number>();
        const id = (i: number) => uint32(first + BigInt(i));
        const expected = [...new Set(kept)].sort((a, b) => a - b);
        for (let i = 0; i <= 4_000; i++) {
          unsettled.add(id(i), i);
          if (!expected.includes(i)) expect(unsettled.delete(id(i))).toBe(true);
        }
        expect(unsettled.size).toBe(expected.length);
        expect(unsettled.within(id(0), id(4_000)).map((one) => unsettled.get(one))).toEqual(expected);
        unsettled.drop((delivery) => delivery % 2 === 0);
        const odd = expected.filter((i) => i % 2 === 1);
        expect(odd.map((i) => unsettled.delete(id(i)))).toEqual(odd.map(() => true));
        expect([unsettled.size, unsettled.delete(id(4_000))]).toEqual([0, false]);
      }),
      { numRuns: 20 },
    );
  });

  it('are found when more of them wait than the ring has slots', () => {
    const unsettled = new Unsettled<number>();
    for (let i = 0; i < 3_000; i++) unsettled.add(i, i);
    expect(unsettled.within(0, 2 ** 31 - 1)).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
    for (let i = 0; i < 3_000; i++) {
      expect([unsettled.get(i), unsettled.delete(i), unsettled.get(i)]).toEqual([i, true, undefined]);
    }
    expect(unsettled.size).toBe(0);
  });
});
