import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bodyOf } from './testing/body-of.js';
import { StoreHarness } from './testing/store-harness.js';

const LOADER = new URL('../../../../tools/typescript.mjs', import.meta.url).href;
const CHILD = fileURLToPath(new URL('./testing/writing-child.ts', import.meta.url));

let harness: StoreHarness;

beforeEach(async () => {
  harness = await StoreHarness.create();
});

afterEach(() => harness.dispose());

/** Lets a child write until it has said this many lines, and kills it; answers all that it said. */
async function killAfter(lines: number): Promise<readonly string[]> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', LOADER, CHILD, harness.dir],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  let errors = '';
  let count = 0;
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    count += chunk.split('\n').length - 1;
    if (count >= lines) {
      child.kill('SIGKILL');
    }
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect({ signal, errors }).toEqual({ signal: 'SIGKILL', errors: '' });
  return output.split('\n').slice(0, -1);
}

describe('killed under load, again and again', () => {
  it('has every accepted message and no settled one', async () => {
    const expected = new Set<number>();
    for (const lines of [1, 200, 3000, 40, 6000, 1000, 9000, 500]) {
      const said = await killAfter(lines);
      const numbers = (sign: string) =>
        said.filter((line) => line.startsWith(sign)).map((line) => Number(line.slice(1)));
      for (const number of numbers('+')) {
        expected.add(number);
      }
      const settled = new Set(numbers('-'));
      // What was being settled when the process died may be there or not.
      const uncertain = numbers('?').filter((number) => !settled.has(number));
      for (const number of numbers('?')) {
        expected.delete(number);
      }
      const found = await readMessages();
      expect([...expected].filter((number) => found.get(number)?.equals(bodyOf(number)) !== true)).toEqual([]);
      expect([...settled].filter((number) => found.has(number))).toEqual([]);
      // Beyond that, only what was on its way when the process died.
      const others = [...found.keys()].filter((number) => !expected.has(number) && !uncertain.includes(number));
      expect(others.length).toBeLessThanOrEqual(32);
      for (const number of [...others, ...uncertain].filter((one) => found.has(one))) {
        expected.add(number);
      }
    }
    expect((await harness.files()).some((name) => name.startsWith('snapshot'))).toBe(true);
  }, 300_000);
});

async function readMessages(): Promise<ReadonlyMap<number, Buffer>> {
  const { store, events } = await harness.reopen();
  await harness.close(store);
  const messages = new Map<number, Buffer>();
  for (const event of events) {
    if (event.type === 'enqueued') {
      messages.set(event.message.sequenceNumber, event.message.content.bare);
    } else if (event.type === 'removed') {
      messages.delete(event.sequenceNumber);
    }
  }
  return messages;
}
