import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, expect, it } from '@jest/globals';
import { orderflow } from '../../test/command-line.js';
import { type Answer, OpsAnswers } from '../../test/ops-answers.js';
import { Scripts } from '../../test/scripts.js';

const scripts = new Scripts();
let api: OpsAnswers | undefined;
afterEach(() => api?.close());
afterAll(() => scripts.remove());

const selection = { id: 's-1', count: 2, passedOver: 0 };
const selections = { 'POST /ops/selections': [{ status: 201, body: selection }] };

async function serve(answers: Readonly<Record<string, readonly Answer[]>>) {
  api = await OpsAnswers.serve(answers);
  const { url, asked } = api;
  const run = (...args: string[]) => orderflow(scripts.directory, { OPS_API_URL: url }, 'dlq', ...args);
  return { run, asked, url };
}

it('asks order-api where OPS_API_URL is set, and the broker where --broker says so', async () => {
  const letter = {
    ...{ place: '7', messageId: 'm', type: 't', version: 1, attempt: 2, enqueuedAt: 'then' },
    ...{ reason: 'Bug', detail: 'x'.repeat(200) },
  };
  const path = '/ops/queues/orders/dead-letters?reason=Bug&limit=50';
  const { run, url } = await serve({
    [`GET ${path}`]: [{ body: { items: [letter], nextCursor: 'c' } }],
    'GET /ops/queues/orders/dead-letters?reason=Bug&limit=49&cursor=c': [{ body: { items: [letter] } }],
  });
  const listed = await run('list', 'orders', '--reason', 'Bug');
  expect(listed.output).toMatch(/^7 +m +t v1 +2 +then +Bug +x{100}…$/m);
  expect(JSON.parse((await run('list', 'orders', '--reason', 'Bug', '--json')).output)).toHaveLength(2);
  const twice = await run('list', 'orders', '--reason', 'a', '--reason', 'b');
  expect([twice.code, twice.errors]).toEqual([2, expect.stringContaining('--reason is given once')]);
  const atBroker = await orderflow(
    scripts.directory,
    { OPS_API_URL: url, SERVICEBUS_CONNECTION_STRING: '', RABBITMQ_URL: '' },
    ...['dlq', 'list', 'orders', '--broker'],
  );
  expect(atBroker.errors).toContain('There is no broker');
});

it('replays through order-api, which has to be told why', async () => {
  const replay = { id: 'r-1', queue: 'orders', target: 'orders', state: 'done', stage: 1, stages: [], note: 'go' };
  const { run, asked } = await serve({
    ...selections,
    'POST /ops/replays': [{ status: 202, body: replay }],
    'GET /ops/replays/r-1': [{ body: replay }],
  });
  expect((await run('replay', 'orders')).errors).toContain('--note');
  expect((await run('replay', 'orders', '--max', '3', '--note', 'go')).errors).toContain('there is no --max');
  const { code, output } = await run('replay', 'orders', '--id', 'm', '--note', 'go');
  expect([code, output]).toEqual([0, expect.stringContaining('Replay r-1 of orders to orders: done')]);
  expect(asked.slice(0, 2)).toEqual([
    'POST /ops/selections {"queue":"orders","filter":{"messageId":"m"}}',
    'POST /ops/replays {"selectionId":"s-1","note":"go"}',
  ]);
});

it('discards what was counted, follows it, and says how to have it back', async () => {
  const discard = { id: 'd-1', queue: 'orders', target: 'orders', letters: 2, missing: 0, restored: 0 };
  const { run, asked } = await serve({
    ...selections,
    'POST /ops/discards': [
      { status: 422, body: { detail: 'The selection has 2 letters, and 3 were confirmed.' } },
      { status: 202, body: { ...discard, state: 'running', discarded: 0 } },
    ],
    'GET /ops/discards/d-1': [
      { body: { ...discard, state: 'running', discarded: 1 } },
      { body: { ...discard, state: 'done', discarded: 2 } },
    ],
    'POST /ops/discards/d-1/restore': [
      { body: { ...discard, state: 'done', discarded: 0, restored: 2 } },
      { body: { ...discard, state: 'done', discarded: 1, restored: 1, sentOtherwise: 1 } },
    ],
  });
  expect((await run('discard', 'orders', '--note', 'go')).code).toBe(2);
  const unsure = await run('discard', 'orders', '--all', '--note', 'go');
  expect([unsure.code, unsure.errors]).toEqual([2, expect.stringContaining('add --confirm 2')]);
  const wrong = await run('discard', 'orders', '--all', '--confirm', '3', '--note', 'go');
  expect([wrong.code, wrong.errors]).toEqual([1, expect.stringContaining('3 were confirmed')]);
  const { code, output } = await run('discard', 'orders', '--all', '--confirm', '2', '--note', 'go');
  expect([code, output]).toEqual([0, expect.stringContaining('1 of 2 discarded\n2 of 2 discarded\n')]);
  expect(output).toContain('Discarded 2 of orders. For 30 days: orderflow dlq restore d-1');
  expect(asked).toContain('POST /ops/discards {"selectionId":"s-1","confirm":2,"note":"go"}');
  const restored = await run('restore', 'd-1', '--note', 'oh');
  expect(restored.output).toBe('Restored 2 of 2 letters to orders.\n');
  const rest = await run('restore', 'd-1', '--note', 'again');
  expect(rest.output).toBe('Restored 1 of 2 letters to orders; left out: 1 that the restore of an export sent.\n');
});

it('exports to a new file of its owner, or to standard output', async () => {
  const done = { id: 'e-1', queue: 'orders', state: 'done', letters: 2, exported: 2, missing: 0 };
  const { run, asked } = await serve({
    ...selections,
    'POST /ops/exports': [{ status: 202, body: { ...done, state: 'running', exported: 0 } }],
    'GET /ops/exports/e-1': [{ body: done }],
    'GET /ops/exports/e-1/letters': [{ body: '{"n":1}\n{"n":2}\n' }],
    'POST /ops/exports/e-1/reveal': [{ body: '{"n":1,"whole":true}\n' }],
  });
  const file = scripts.path('letters.ndjson');
  const args = ['export', 'orders', '--note', 'go'];
  const first = await run(...args, '--output', file);
  expect([first.code, first.output]).toEqual([0, expect.stringContaining(`2 letters of orders are in ${file}.`)]);
  expect(readFileSync(file, 'utf8')).toBe('{"n":1}\n{"n":2}\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const again = await run(...args, '--output', file);
  expect([again.code, again.errors]).toEqual([1, expect.stringContaining('it is there already')]);
  expect(await run(...args, '--reveal')).toMatchObject({ code: 0, output: '{"n":1,"whole":true}\n' });
  expect(asked).toContain('POST /ops/exports/e-1/reveal {"note":"go"}');
});

it('restores what an export or an edit has copies of, and says what it left out', async () => {
  const restored = { id: 'e-1', queue: 'orders', letters: 4, restored: 2, present: 1, sentOtherwise: 1 };
  const { run, asked } = await serve({
    'POST /ops/exports/e-1/restore': [{ body: restored }],
    'POST /ops/edits/x-1/restore': [
      { body: { id: 'x-1', messageId: 'm', target: 'orders' } },
      { status: 409, body: { detail: 'Edit x-1 has not ended. Wait for it, then restore.' } },
    ],
  });
  const args = (id: string, from: string) => ['restore', id, '--from', from, '--note', 'go'];
  expect((await run(...args('e-1', 'export'))).output).toBe(
    'Restored 2 of 4 letters of orders; left out: 1 that are dead letters, 1 that something else has or sent.\n',
  );
  expect(JSON.parse((await run(...args('e-1', 'export'), '--json')).output)).toEqual(restored);
  expect((await run(...args('x-1', 'edit'))).output).toBe('Restored m to orders.\n');
  expect(asked).toContain('POST /ops/edits/x-1/restore {"note":"go"}');
  const running = await run(...args('x-1', 'edit'));
  expect([running.code, running.errors]).toEqual([1, expect.stringContaining('has not ended')]);
  expect((await run(...args('x-1', 'replay'))).code).toBe(2);
});

it('sends a mended message, and ends with 1 unless it was sent', async () => {
  const edit = { id: 'x-1', queue: 'orders', place: '7', messageId: 'm', newMessageId: 'edit-x-1', target: 'orders' };
  const path = '/ops/queues/orders/dead-letters/7/edit';
  const { run, asked } = await serve({
    [`POST ${path}`]: [
      { status: 422, body: { detail: '2 things are wrong', errors: [{ pointer: '#/body/a', detail: 'must be b' }] } },
      { status: 202, body: { ...edit, state: 'waiting' } },
    ],
    'GET /ops/edits/x-1': [
      { body: { ...edit, state: 'sending' } },
      { body: { ...edit, state: 'sent' } },
      { body: { ...edit, state: 'missing', detail: 'Somebody else took the letter before.' } },
    ],
  });
  const file = scripts.path('mended.json');
  const args = ['edit', 'orders', '7', '--body', file, '--note', 'go'];
  expect((await run(...args)).errors).toContain('Cannot read the body: ENOENT');
  writeFileSync(file, '{"a":');
  expect((await run(...args)).errors).toContain(`${file} is no JSON`);
  writeFileSync(file, '{"a":1}');
  const wrong = await run(...args);
  expect([wrong.code, wrong.errors]).toEqual([1, expect.stringContaining('2 things are wrong\n  #/body/a: must be b')]);
  const sent = await run(...args, '--set', 'hint=a=b', '--unset', 'old');
  expect([sent.code, sent.output]).toEqual([0, 'Sent edit-x-1 to orders in place of m (edit x-1).\n']);
  expect(asked).toContain(`POST ${path} {"body":{"a":1},"properties":{"hint":"a=b","old":null},"note":"go"}`);
  const missing = await run(...args);
  expect([missing.code, missing.errors]).toEqual([1, expect.stringContaining('is missing: Somebody else took')]);
  expect((await run(...args, '--set', 'hint')).code).toBe(2);
});
