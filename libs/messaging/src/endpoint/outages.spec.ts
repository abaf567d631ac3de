import { describe, expect, it } from '@jest/globals';
import { Bench, Gateway, ids } from '../../test/endpoint-bench.js';

const HOUR_MS = 3_600_000;

describe('an endpoint whose gateway is away', () => {
  it('keeps a single order through an hour, counts no attempt, and handles it afterwards', async () => {
    const [bench, gateway] = [new Bench(), new Gateway()];
    gateway.isAway = true;
    const consumer = await bench.start(() => gateway.use());
    await bench.send(['m1']);
    await bench.clock.advance(HOUR_MS);
    expect(consumer.health()).toMatchObject({
      state: 'running',
      held: 1,
      paused: { dependency: 'gateway', detail: 'the gateway is away' },
    });
    expect(consumer.health().paused?.since.getTime()).toBe(bench.calls[1]?.at);
    // Growing intervals up to 30 s: about 120 tries in an hour, not thousands.
    expect(bench.calls.length).toBeGreaterThan(100);
    expect(bench.calls.length).toBeLessThan(135);
    expect(new Set(bench.calls.map(({ attempt }) => attempt))).toEqual(new Set([1]));

    gateway.isAway = false;
    await bench.clock.advance(30_000);
    expect(bench.handled).toEqual(['m1']);
    expect(await bench.deadLetters()).toEqual([]);
    expect(consumer.health().paused).toBeUndefined();
    await consumer.stop();
  });

  it('pauses after five different messages in a row, and hands the others back once', async () => {
    const [bench, gateway] = [new Bench(), new Gateway()];
    gateway.isAway = true;
    const consumer = await bench.start(() => gateway.use());
    await bench.send(ids(100));
    await bench.clock.advance(500);
    expect(bench.kinds()).toEqual(['paused']);
    expect(consumer.health()).toMatchObject({ inFlight: 1, held: 1 });
    const asked = gateway.asked;
    expect(asked).toBeLessThanOrEqual(32);
    await bench.clock.advance(600);
    expect(gateway.asked).toBe(asked + 1);

    gateway.isAway = false;
    await bench.clock.advance(60_000);
    expect(new Set(bench.handled).size).toBe(100);
    expect(new Set(bench.calls.map(({ attempt }) => attempt))).toEqual(new Set([1]));
    await consumer.stop();
  });

  it('resumes with one at a time and doubles every five seconds', async () => {
    const [bench, gateway] = [new Bench(), new Gateway()];
    gateway.isAway = true;
    let running = 0;
    const most: number[] = [];
    const consumer = await bench.start(async ({ signal }) => {
      await gateway.use();
      running += 1;
      most.push(running);
      await new Promise<void>((resolve) => {
        bench.clock.schedule(bench.clock.now() + 100, resolve);
        signal.addEventListener('abort', () => resolve());
      });
      running -= 1;
    });
    await bench.send(ids(5_000));
    await bench.clock.advance(100);
    gateway.isAway = false;
    await bench.clock.advance(950);
    const mostWithin = async (ms: number): Promise<number> => {
      most.length = 0;
      await bench.clock.advance(ms);
      return Math.max(...most);
    };
    const steps: number[] = [];
    for (let step = 0; step < 7; step += 1) steps.push(await mostWithin(5_000));
    expect(steps).toEqual([1, 2, 4, 8, 16, 32, 32]);
    const stopped = consumer.stop();
    await bench.clock.advance(100);
    await stopped;
  });

  it('takes a message that fails while others succeed for the one at fault', async () => {
    const [bench, gateway] = [new Bench(), new Gateway()];
    const consumer = await bench.start(async (_, { id }) => {
      gateway.isAway = id === 'poison';
      await gateway.use();
    });
    await bench.send(['poison', ...ids(20)]);
    for (let round = 0; round < 15; round += 1) {
      await bench.clock.advance(3_500);
      await bench.send(ids(3, `round${round}-`));
    }
    await bench.clock.advance(10_000);
    expect(bench.calls.filter(({ id }) => id === 'poison').at(-1)?.attempt).toBe(4);
    expect(await bench.deadLetters()).toEqual(['poison: AttemptsExhausted']);
    expect(bench.handled).toHaveLength(65);
    await consumer.stop();
  });

  it('does not stop for good for the one order that its gateway never takes', async () => {
    const [bench, gateway] = [new Bench(), new Gateway()];
    const consumer = await bench.start(async (_, { id }) => {
      gateway.isAway = id === 'poison';
      await gateway.use();
    });
    await bench.send(['poison']);
    await bench.clock.advance(5_000);
    expect(consumer.health().paused).toBeDefined();
    for (let minute = 0; minute < 20; minute += 1) {
      await bench.send(ids(5, `minute${minute}-`));
      await bench.clock.advance(60_000);
    }
    expect(bench.handled).toHaveLength(100);
    expect(await bench.deadLetters()).toEqual(['poison: AttemptsExhausted']);
    expect(consumer.health().paused).toBeUndefined();
    await consumer.stop();
  });

  it('asks a dependency that has a probe, and tries no message before it answers', async () => {
    const [bench, gateway] = [new Bench(), new Gateway()];
    gateway.isAway = true;
    let probes = 0;
    const probe = async (): Promise<void> => {
      probes += 1;
      if (gateway.isAway) throw new Error('no answer');
    };
    const consumer = await bench.start(() => gateway.use(), { dependencies: [{ name: 'gateway', probe }] });
    await bench.send(ids(100));
    await bench.clock.advance(100);
    const asked = gateway.asked;
    await bench.clock.advance(HOUR_MS);
    expect(gateway.asked).toBe(asked);
    expect(probes).toBeGreaterThan(100);
    expect(consumer.health().paused?.detail).toBe('no answer');
    gateway.isAway = false;
    await bench.clock.advance(60_000);
    expect(new Set(bench.handled).size).toBe(100);
    await consumer.stop();
  });

  it('leaves a gateway alone for as long as it asked', async () => {
    const [bench, gateway] = [new Bench(), new Gateway()];
    gateway.isAway = true;
    gateway.retryAfterMs = 120_000;
    const consumer = await bench.start(() => gateway.use());
    await bench.send(['m1']);
    await bench.clock.advance(HOUR_MS);
    const times = bench.calls.map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBe(120_000);
    await consumer.stop();
  });

  it.each([
    ['with a probe', true],
    ['without one', false],
  ])('survives sixty flaps in an hour %s: no native count above 5, no attempt, no dead letter', async (_, hasProbe) => {
    const [bench, gateway] = [new Bench(), new Gateway()];
    const probe = async (): Promise<void> => {
      if (gateway.isAway) throw new Error('no answer');
    };
    const consumer = await bench.start(
      async () => {
        await gateway.use();
        await new Promise<void>((resolve) => bench.clock.schedule(bench.clock.now() + 700, resolve));
        await gateway.use();
      },
      hasProbe ? { dependencies: [{ name: 'gateway', probe }] } : {},
    );
    for (let flap = 0; flap < 60; flap += 1) {
      await bench.send(ids(200, `flap${flap}-`));
      gateway.isAway = true;
      await bench.clock.advance(30_000);
      gateway.isAway = false;
      await bench.clock.advance(30_000);
    }
    await bench.clock.advance(600_000);
    expect(bench.kinds().filter((kind) => kind === 'paused').length).toBeGreaterThanOrEqual(60);
    expect(bench.broker.highestCount).toBeLessThanOrEqual(5);
    expect(Math.max(...bench.calls.map(({ attempt }) => attempt))).toBe(1);
    expect(new Set(bench.handled).size).toBe(12_000);
    expect(await bench.deadLetters()).toEqual([]);
    await consumer.stop();
  });
});
