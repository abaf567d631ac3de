import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
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

// The strikes themselves take many minutes: `npx nx run messaging:kill-points`.
describe('an undisturbed worker', () => {
  it('reaches every point there is, or its absence is listed with a reason', async () => {
    const { NODE_OPTIONS: _, ...environment } = process.env;
    const run = spawn(process.execPath, [...FROM_SOURCE, MAIN, 'census'], {
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
    expect(output).toMatch(/\d+ points generated/);
  }, 600_000);
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
