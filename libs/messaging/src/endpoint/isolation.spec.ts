import { describe, expect, it } from '@jest/globals';
import type { MemoryTransport } from '../transports/memory/index.js';
import type { Delivery } from '../transport.js';
import { Bench, ids } from '../../test/endpoint-bench.js';

/** Every process is a transport of its own, which the killer ends without a word. */
async function runProcesses(bench: Bench, neighbours: (delivery: Delivery) => Promise<void>): Promise<number> {
  let process: MemoryTransport = bench.transport();
  let deaths = 0;
  for (let start = 0; start < 8; start += 1) {
    const alive: MemoryTransport = process;
    let isDead = false;
    const consumer = await bench.start(
      async (delivery, { id }) => {
        if (isDead) return new Promise<void>(() => {});
        if (id !== 'killer') return neighbours(delivery);
        isDead = true;
        deaths += 1;
        alive.disconnect();
        return new Promise<void>(() => {});
      },
      {},
      alive,
    );
    await bench.clock.advance(120_000);
    if (!isDead) {
      await consumer.stop();
      break;
    }
    process = bench.transport();
  }
  return deaths;
}

describe('a message that ends its process', () => {
  it('is dead-lettered alone, of 32 in hand', async () => {
    const bench = new Bench();
    const slow = (): Promise<void> =>
      new Promise((resolve) => bench.clock.schedule(bench.clock.now() + 200, () => resolve()));
    await bench.send([...ids(16, 'before'), 'killer', ...ids(15, 'after')]);
    expect(await runProcesses(bench, slow)).toBe(4);
    expect(await bench.deadLetters()).toEqual(['killer: CrashedRepeatedly']);
    expect(new Set(bench.handled).size).toBe(31);
    expect(bench.calls.filter(({ id }) => id === 'killer').map(({ unsettled }) => unsettled)).toEqual([0, 1, 2, 3]);
    const [letter] = await bench.allDeadLetters();
    expect(letter?.detail).toBe(
      'Not handled again: 4 deliveries ended without a settlement, the last 2 since it is to run alone.',
    );
    expect(bench.broker.highestCount).toBeLessThanOrEqual(5);
  });

  it('runs later, and with nothing else in hand, the third time', async () => {
    const bench = new Bench();
    let running = 0;
    let besides: number | undefined;
    const first = bench.transport();
    for (const transport of [first, bench.transport()]) {
      await bench.start(() => new Promise(() => {}), {}, transport);
      if (transport === first) await bench.send(['suspect']);
      await bench.clock.advance(1);
      transport.disconnect();
      await bench.clock.advance(120_000);
    }
    await bench.send(ids(100));
    const consumer = await bench.start(async (_, { id }) => {
      running += 1;
      if (id === 'suspect') besides = running - 1;
      await new Promise<void>((resolve) => bench.clock.schedule(bench.clock.now() + 1_000, resolve));
      running -= 1;
    });
    await bench.clock.advance(120_000);
    expect(besides).toBe(0);
    expect(bench.kinds()).toContain('isolated');
    expect(new Set(bench.handled).size).toBe(101);
    expect(await bench.deadLetters()).toEqual([]);
    await consumer.stop();
  });

  it('does not wait for ever for neighbours that do not end: they are aborted and handed back', async () => {
    const bench = new Bench();
    const [first, second] = [bench.transport(), bench.transport()];
    for (const transport of [first, second]) {
      await bench.start(() => new Promise(() => {}), {}, transport);
      if (transport === first) await bench.send(['suspect']);
      await bench.clock.advance(1);
      transport.disconnect();
      await bench.clock.advance(120_000);
    }
    let isPatient = false;
    const consumer = await bench.start(async ({ signal }, { id }) => {
      if (id === 'suspect' || isPatient) return;
      await new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    });
    await bench.send(ids(3));
    await bench.clock.advance(60_000);
    expect(bench.handled).toEqual(['suspect']);
    isPatient = true;
    const stopped = consumer.stop(1_000);
    await bench.clock.advance(2_000);
    await stopped;
    expect(new Set(bench.calls.map(({ attempt }) => attempt))).toEqual(new Set([1, 2, 3]));
    expect(await bench.deadLetters()).toEqual([]);
  });
});

it('several messages that end their process are found, and no neighbour pays for them', async () => {
  const bench = new Bench();
  const killers = ids(5, 'killer');
  await bench.send([...ids(14, 'before'), ...killers, ...ids(13, 'after')]);
  let deaths = 0;
  for (let isDead = true; isDead; ) {
    isDead = false;
    const transport = bench.transport();
    await bench.start(
      async (_, { id }) => {
        await new Promise<void>((resolve) => bench.clock.schedule(bench.clock.now() + 200, resolve));
        if (isDead) return new Promise<void>(() => {});
        if (!killers.includes(id)) return;
        isDead = true;
        deaths += 1;
        transport.disconnect();
        return new Promise<void>(() => {});
      },
      {},
      transport,
    );
    await bench.clock.advance(180_000);
  }
  // Twice all together, then each killer alone, twice.
  expect(deaths).toBe(12);
  expect([...(await bench.deadLetters())].sort()).toEqual(killers.map((id) => `${id}: CrashedRepeatedly`));
  expect(new Set(bench.handled).size).toBe(27);
  expect(bench.broker.highestCount).toBeLessThan(10);
});

describe('a message that was in hand of processes which were killed', () => {
  /** A process that dies with everything in hand that it received, before it could begin with any of it. */
  async function dieWith(bench: Bench, count: number): Promise<void> {
    const transport = bench.transport();
    let inHand = 0;
    const subscription = await transport.subscribe(
      'work',
      () => {
        inHand += 1;
        return new Promise(() => {});
      },
      { concurrency: 20, onError: () => {} },
    );
    await bench.clock.advance(1);
    expect(inHand).toBe(count);
    transport.disconnect();
    await subscription.stop();
    await bench.clock.advance(120_000);
  }

  it('is not taken for the one that ended them: none of 20 is given up', async () => {
    const bench = new Bench();
    await bench.send(ids(20));
    for (let deaths = 0; deaths < 6; deaths += 1) await dieWith(bench, 20);
    const consumer = await bench.start(async () => {});
    await bench.clock.advance(1_000);
    expect(bench.handled).toEqual([]);
    await bench.clock.advance(600_000);
    expect([...bench.handled].sort()).toEqual([...ids(20)].sort());
    expect(new Set(bench.calls.map(({ attempt }) => attempt))).toEqual(new Set([3]));
    expect(await bench.deadLetters()).toEqual([]);
    await consumer.stop();
  });

  it('is handled when its process is killed once more while it runs alone', async () => {
    const bench = new Bench();
    await bench.send(['unlucky']);
    for (let deaths = 0; deaths < 2; deaths += 1) await dieWith(bench, 1);
    const mortal = bench.transport();
    await bench.start(() => new Promise(() => {}), {}, mortal);
    await bench.clock.advance(10_000);
    expect(bench.kinds()).toEqual(['isolated']);
    mortal.disconnect();
    await bench.clock.advance(120_000);
    const consumer = await bench.start(async () => {});
    await bench.clock.advance(10_000);
    expect(bench.handled).toEqual(['unlucky']);
    expect(await bench.deadLetters()).toEqual([]);
    await consumer.stop();
  });

  it('begins anew when it failed and comes again later', async () => {
    const bench = new Bench();
    await bench.send(['unlucky']);
    for (let deaths = 0; deaths < 2; deaths += 1) await dieWith(bench, 1);
    const seen: (number | undefined)[] = [];
    const consumer = await bench.start(async ({ unsettledAlone }) => {
      seen.push(unsettledAlone);
      if (seen.length === 1) throw new Error('not yet');
    });
    await bench.clock.advance(60_000);
    expect(seen).toEqual([0, undefined]);
    await consumer.stop();
  });
});

describe('locks that are lost in bulk', () => {
  it('pause the endpoint, which then begins again with one', async () => {
    const bench = new Bench();
    const holding: (() => void)[] = [];
    const consumer = await bench.start(() => new Promise<void>((resolve) => holding.push(resolve)));
    await bench.send(ids(32));
    await bench.clock.advance(1);
    bench.broker.loseLocks('work');
    await bench.clock.advance(60_000);
    expect(bench.kinds()[0]).toBe('paused');
    expect(bench.events[0]).toMatchObject({
      pause: { dependency: 'locks', detail: expect.stringContaining('5 locks') },
    });
    for (const end of holding.splice(0)) end();
    await bench.clock.advance(120_000);
    while (holding.length > 0) {
      for (const end of holding.splice(0)) end();
      await bench.clock.advance(60_000);
    }
    expect(new Set(bench.handled).size).toBe(32);
    expect(consumer.health().paused).toBeUndefined();
    expect(bench.kinds()).toContain('resumed');
    await consumer.stop();
  });
});
