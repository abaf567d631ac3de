import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { choose, seedOf } from '../test/kill-points/plan.js';
import { faults } from '../test/kill-points/protocol.js';
import { within } from '../test/kill-points/within.js';
import { instrument } from '../test/kill-points/points.js';
import { Probe } from '../test/kill-points/probe.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const FROM_SOURCE = [
  '--conditions=@orderflow/source',
  '--experimental-transform-types',
  '--disable-warning=ExperimentalWarning',
  `--import=${new URL('../../../tools/typescript.mjs', import.meta.url).href}`,
];
const MAIN = fileURLToPath(new URL('../test/kill-points/main.ts', import.meta.url));

/** How many cases of each fault but `kill` are run here; all of them by `npx nx run messaging:kill-points`. */
const SAMPLE = 8;

describe('a worker that is struck', () => {
  it('ends as an undisturbed one: killed at every point, and with a sample of the other faults', async () => {
    const { NODE_OPTIONS: _, ...environment } = process.env;
    const run = spawn(process.execPath, [...FROM_SOURCE, MAIN, 'ci', '--sample', String(SAMPLE)], {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    run.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    const [code] = await once(run, 'close');
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    expect(output).toMatch(/^in total: (\d+) run, \1 identical$/m);
    for (const fault of faults) {
      const [, cases] = new RegExp(`^${fault}: (\\d+) run`, 'm').exec(output) ?? [];
      expect(Number(cases)).toBeGreaterThanOrEqual(SAMPLE);
    }
    // Far beyond a slow machine's run: what hangs is ended, and named, by the limit of a case.
  }, 2_400_000);
});

describe('a sample of the cases', () => {
  const cases = (['kill', 'cut', 'freeze'] as const).flatMap((fault) =>
    Array.from({ length: 30 }, (_, id) => ({
      name: `${fault} ${id}`,
      strike: { id, moment: 'before' as const, fault },
      scenarios: [],
    })),
  );
  const names = (seed: string): string[] => choose(cases, { size: 5, seed }).map(({ name }) => name);

  it('has every kill, and so many of each other fault', () => {
    const counts = (fault: string): number => names('a').filter((name) => name.startsWith(fault)).length;
    expect([counts('kill'), counts('cut'), counts('freeze')]).toEqual([30, 5, 5]);
  });

  it('is the same for one seed, and another for another', () => {
    expect(names('a')).toEqual(names('a'));
    expect(names('a')).not.toEqual(names('b'));
  });

  it('is drawn anew when a point moves', () => {
    const point = { name: 'a.ts f: await g()', file: 'a.ts', line: 1, column: 1 };
    expect(seedOf([point])).toBe(seedOf([{ ...point }]));
    expect(seedOf([point])).not.toBe(seedOf([{ ...point, line: 2 }]));
  });
});

describe('a case that hangs', () => {
  it('fails when its time is over, and says what it was waiting for last', async () => {
    let step = 'the worker is armed';
    const waiting = within(50, () => step, new Promise<never>(() => {}));
    step = 'the system is quiet';
    await expect(waiting).rejects.toThrow('Not within 50 ms: the system is quiet.');
  });
});

describe('instrumented code', () => {
  const source = [
    'class Relay {',
    '  async send(): Promise<void> {',
    '    const all = await Promise.all([one(), ...(await two()).map((x) => x as string)]);',
    '    for (const each of all) if (await each) return;',
    '  }',
    '}',
  ].join('\n');

  it('has a point for each await, named by its place', () => {
    const { points } = instrument('a.ts', source, 7);
    expect(points.map(({ name, line, column }) => [name, line, column])).toEqual([
      ['a.ts Relay.send.all: await Promise.all([one(), ...(await two()).map((x) => x as string)…', 3, 17],
      ['a.ts Relay.send.all: await two()', 3, 47],
      ['a.ts Relay.send: await each', 4, 33],
    ]);
  });

  it('tells points of one name apart', () => {
    const { points } = instrument('a.ts', 'async () => { await one(); await one(); }', 0);
    expect(points.map(({ name }) => name)).toEqual([
      'a.ts (top level): await one()',
      'a.ts (top level): await one() (2)',
    ]);
  });

  it.each(['for await (const x of y) z(x);', 'await using x = y();'])('cannot be made of %s', (statement) => {
    expect(() => instrument('a.ts', `async () => {\n${statement}\n}`, 0)).toThrow(/^a\.ts:2: /);
  });

  it('reaches every moment in order, of what resolves and of what rejects', async () => {
    const seen: string[] = [];
    const { code } = instrument('a.ts', 'return (async () => { try { await one(await two()); } catch {} })()', 0);
    const reach = (moment: string) => (id: number) => void seen.push(`${id} ${moment}`);
    class Recording extends Probe {
      override before = reach('before');
      override during<T>(id: number, operand: T): T {
        seen.push(`${id} during`);
        return super.during(id, operand);
      }
    }
    const killPoints = new Recording();
    killPoints.arm({ id: 0, moment: 'after' }, () => seen.push('struck'));
    const reject = (): Promise<never> => Promise.reject(new Error('no'));
    await new Function('killPoints', 'one', 'two', code)(killPoints, reject, () => Promise.resolve(1));
    expect(seen).toEqual(['0 before', '1 before', '1 during', '0 during', 'struck']);
    expect(killPoints.takeReached()).toEqual(['1 during', '1 after', '0 during', '0 after']);
  });

  it('strikes during what is under way one turn later, and once', async () => {
    const probe = new Probe();
    let strikes = 0;
    probe.arm({ id: 3, moment: 'during' }, () => (strikes += 1));
    void probe.during(3, Promise.resolve());
    expect(strikes).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    void probe.during(3, Promise.resolve());
    await new Promise((resolve) => setImmediate(resolve));
    expect(strikes).toBe(1);
  });
});
