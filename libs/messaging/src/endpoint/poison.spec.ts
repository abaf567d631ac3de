import { describe, expect, it } from '@jest/globals';
import { Bench, ids } from '../../test/endpoint-bench.js';

describe('a type that fails', () => {
  it('brings 1,000 poisoned among 10,000 good messages to the DLQ, each by its own error and after all its attempts', async () => {
    const bench = new Bench();
    const consumer = await bench.start(async (_, { id }) => {
      if (id.startsWith('poison')) throw new Error(`the error of ${id}`);
    });
    for (let part = 0; part < 10; part += 1) {
      await bench.send([...ids(500, `good${part}-`), ...ids(100, `poison${part}-`), ...ids(500, `fine${part}-`)]);
    }
    await bench.clock.advance(600_000);
    expect(new Set(bench.handled).size).toBe(10_000);
    expect(bench.handled).toHaveLength(10_000);
    const attempts = new Map<string, number>();
    for (const { id } of bench.calls) attempts.set(id, (attempts.get(id) ?? 0) + 1);
    expect(new Set([...attempts].filter(([id]) => id.startsWith('poison')).map(([, count]) => count))).toEqual(
      new Set([4]),
    );
    const letters = await bench.allDeadLetters();
    expect(letters).toHaveLength(1_000);
    for (const { id, reason, detail } of letters) {
      expect([reason, detail]).toEqual(['AttemptsExhausted', expect.stringContaining(`the error of ${id}`)]);
    }
    await consumer.stop();
  });

  it('runs one at a time while others run at full concurrency, and none of it is counted by waiting', async () => {
    const bench = new Bench();
    const running = { bad: 0, good: 0 };
    const most = { bad: 0, good: 0 };
    const consumer = await bench.start(
      async ({ envelope }) => {
        const type = envelope.type as 'bad' | 'good';
        running[type] += 1;
        most[type] = Math.max(most[type], running[type]);
        await new Promise<void>((resolve) => bench.clock.schedule(bench.clock.now() + 100, resolve));
        running[type] -= 1;
        if (type === 'bad') throw new Error('bad');
      },
      { types: ['bad', 'good'] },
    );
    await bench.send(ids(5, 'first'), 'bad');
    await bench.clock.advance(100);
    expect(bench.kinds()).toEqual(['bad open']);
    expect(consumer.health().breakers).toEqual({ bad: 'open' });
    most.bad = 0;
    await bench.send(ids(100, 'bad'), 'bad');
    await bench.send(ids(1_000, 'good'), 'good');
    await bench.clock.advance(10_000);
    expect(most).toEqual({ bad: 1, good: expect.any(Number) });
    expect(most.good).toBeGreaterThanOrEqual(24);
    expect(bench.handled).toHaveLength(1_000);
    await bench.clock.advance(300_000);
    expect(await bench.allDeadLetters()).toHaveLength(105);
    expect(most.bad).toBe(1);
    await consumer.stop();
  });

  it('is half open after thirty seconds, and closed by one that succeeds', async () => {
    const bench = new Bench();
    let isBroken = true;
    const consumer = await bench.start(async () => {
      if (isBroken) throw new Error('broken');
    });
    await bench.send(ids(5));
    await bench.clock.advance(100);
    isBroken = false;
    await bench.clock.advance(29_000);
    // What succeeds while it is open proves nothing yet.
    expect(bench.handled).toHaveLength(5);
    expect(bench.kinds()).toEqual(['order open']);
    await bench.clock.advance(1_000);
    await bench.send(['next']);
    await bench.clock.advance(0);
    expect(bench.kinds()).toEqual(['order open', 'order half-open', 'order closed']);
    expect(consumer.health().breakers).toEqual({});
    await consumer.stop();
  });

  it('takes what is refused for good for no failure of its type', async () => {
    const { PermanentError } = await import('../errors.js');
    const bench = new Bench();
    const consumer = await bench.start(async () => {
      throw new PermanentError('Refused', 'not this one');
    });
    await bench.send(ids(50));
    await bench.clock.advance(1_000);
    expect(await bench.allDeadLetters()).toHaveLength(50);
    expect(bench.kinds()).toEqual([]);
    await consumer.stop();
  });
});
