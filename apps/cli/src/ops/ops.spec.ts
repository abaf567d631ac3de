import { afterAll, afterEach, expect, it } from '@jest/globals';
import { orderflow } from '../../test/command-line.js';
import { type Answer, OpsAnswers } from '../../test/ops-answers.js';
import { Scripts } from '../../test/scripts.js';

const scripts = new Scripts();
let api: OpsAnswers | undefined;

afterEach(() => api?.close());
afterAll(() => scripts.remove());

/** Serves what the ops API would answer; returns how to run a command, and what was asked. */
async function serve(answers: Readonly<Record<string, readonly Answer[]>>) {
  api = await OpsAnswers.serve(answers);
  return { run: api.run.bind(api), asked: api.asked };
}

const none = {
  waiting: 0,
  inFlight: 0,
  confirmed: 0,
  failedAgain: 0,
  unconfirmed: 0,
  refused: 0,
  missing: 0,
  released: 0,
};
const replay = (state: string, stage: object, more = {}) => ({
  ...{
    id: 'r-1',
    queue: 'orders',
    target: 'orders',
    state,
    stage: 1,
    note: 'go',
    createdAt: '2026-11-27T03:00:00.000Z',
  },
  stages: [{ stage: 1, letters: 2, ...none, ...stage }],
  ...more,
});

it('shows queues and groups', async () => {
  const queue = {
    name: 'orders',
    counts: { active: 3, scheduled: 1, asOf: new Date(Date.now() - 90_000).toISOString() },
    deadLetters: { indexed: 7, groups: 2, oldestAt: '2026-11-27T03:00:00.000Z', indexedTo: null },
  };
  const group = {
    ...{ id: '0123456789abcdef', queue: 'orders', type: '', reason: 'Bug', pattern: 'No. <n>', present: 7 },
    ...{ firstSeen: '2026-11-27T03:00:00.000Z', lastSeen: '2026-11-27T04:00:00.000Z' },
  };
  const { run } = await serve({
    'GET /ops/queues': [{ body: { items: [queue, { ...queue, name: 'billing', counts: null }] } }],
    'GET /ops/groups?queue=orders': [{ body: { items: [group], total: 3 } }],
    'GET /ops/groups': [{ body: { items: [], total: 0 } }],
  });
  const queues = await run('queues');
  expect(queues.output).toMatch(/^orders +3 +1 +7 +2 +2026-11-27T03:00:00.000Z +9\d s ago$/m);
  expect(queues.output).toMatch(/^billing +\? +7 +2 .* never$/m);
  expect(JSON.parse((await run('queues', '--json')).output)).toHaveLength(2);
  const groups = await run('dlq', 'groups', 'orders');
  expect(groups.output).toMatch(/^0123456789abcdef +orders +7 +\(none\) +Bug .*No\. <n>$/m);
  expect(groups.output).toContain('1 of 3 groups.');
  expect((await run('dlq', 'groups')).output).toBe('No dead letters.\n');
});

it('shows what changed around the first letter of a group, in the order of time', async () => {
  const at = (minute: number) => `2026-11-27T03:${String(minute).padStart(2, '0')}:00.000Z`;
  const changes = {
    ...{ group: '0123456789abcdef', firstSeen: at(10) },
    versions: [{ version: '1.5.0', letters: 7, firstSeen: at(10), lastSeen: at(12) }],
    versionBefore: { version: '1.4.2', lastSeen: at(2) },
    markers: [
      { id: 'm-1', at: at(9), title: 'deployed', service: 'billing-worker', version: '1.5.0' },
      { id: 'm-2', at: at(11), title: 'the bank called' },
    ],
    alerts: [{ id: 'a-1', kind: 'backlog', since: at(5), recoveredAt: at(6) }],
    replays: [
      {
        ...{ id: 'r-1', state: 'stopped', note: 'is it back?', createdBy: 'ada', createdAt: at(20) },
        ...{ letters: 7, confirmed: 0, failedAgain: 1 },
      },
    ],
  };
  const { run } = await serve({ 'GET /ops/groups/0123456789abcdef/changes': [{ body: changes }] });
  const { output } = await run('dlq', 'changes', '0123456789abcdef');
  expect(
    output
      .trimEnd()
      .split('\n')
      .slice(2)
      .map((line) => line.replace(/ +/, ' ').trimEnd()),
  ).toEqual([
    `${at(2)} other letters so far: given up by 1.4.2`,
    `${at(5)} alert: backlog, until ${at(6)}`,
    `${at(9)} marker: deployed (billing-worker 1.5.0)`,
    `${at(10)} first letter`,
    `${at(10)} given up by 1.5.0: 7 letters, until ${at(12)}`,
    `${at(11)} marker: the bank called`,
    `${at(20)} replay r-1: stopped, 0 of 7 confirmed, 1 failed again (is it back?)`,
  ]);
  expect(JSON.parse((await run('dlq', 'changes', '0123456789abcdef', '--json')).output)).toEqual(changes);
  expect(await run('dlq', 'changes', 'nobody')).toMatchObject({ code: 1 });
});

it('shows one letter of a subscription', async () => {
  const path = '/ops/queues/events%2Fsubscriptions%2Fbilling/dead-letters/12';
  const { run } = await serve({ [`GET ${path}`]: [{ body: { messageId: 'm' } }] });
  const { code, output } = await run('dlq', 'show', 'events/subscriptions/billing', '12');
  expect([code, JSON.parse(output)]).toEqual([0, { messageId: 'm' }]);
});

it('selects, replays and follows to the end', async () => {
  const { run, asked } = await serve({
    'POST /ops/selections': [{ status: 201, body: { id: 's-1', count: 2, passedOver: 5 } }],
    'POST /ops/replays': [{ status: 202, body: replay('running', { waiting: 2 }) }],
    'GET /ops/replays/r-1': [
      { body: replay('running', { waiting: 1, confirmed: 1 }) },
      { body: replay('done', { confirmed: 2 }) },
    ],
  });
  const flags = ['--reason', 'Bug', '--stages', '1,rest', '--rate', '50', '--note', 'it is back'];
  const { code, output } = await run('replays', 'create', 'orders', ...flags);
  expect(code).toBe(0);
  expect(output).toContain('2 letters of orders; 5 others are handed back on the way.');
  expect(output).toContain('stage 1 of 1: 1 of 2 confirmed, 0 failed again');
  expect(output).toContain('Replay r-1 of orders to orders: done');
  expect(asked.slice(0, 2)).toEqual([
    'POST /ops/selections {"queue":"orders","filter":{"reason":"Bug"}}',
    'POST /ops/replays {"selectionId":"s-1","note":"it is back","stages":[1,"rest"],"rate":50}',
  ]);
});

it('replays nothing in a dry run, or where nothing was chosen', async () => {
  const { run, asked } = await serve({
    'POST /ops/selections': [
      { body: { id: 's-1', count: 2, passedOver: 0 } },
      { body: { id: 's-2', count: 0, passedOver: 0 } },
    ],
  });
  const create = (...flags: string[]) => run('replays', 'create', 'orders', '--note', 'go', ...flags);
  expect((await create('--dry-run')).output).toBe('2 letters of orders.\n');
  expect((await create()).output).toBe('0 letters of orders.\n');
  expect(asked.every((line) => line.startsWith('POST /ops/selections'))).toBe(true);
});

it('ends with 1 when a replay stopped, and says why', async () => {
  const stopped = replay(
    'stopped',
    { failedAgain: 1, released: 1 },
    { why: 'stopped at stage 1: 1 of 1 failed again' },
  );
  const { run } = await serve({ 'GET /ops/replays/r-1': [{ body: stopped }] });
  const { code, output, errors } = await run('replays', 'watch', 'r-1');
  expect(code).toBe(1);
  expect(output).toContain('stopped, stopped at stage 1: 1 of 1 failed again');
  expect(errors).toContain('Replay r-1 is stopped: stopped at stage 1: 1 of 1 failed again');
});

it('lists, shows, pauses, resumes and cancels replays', async () => {
  const { run, asked } = await serve({
    'GET /ops/replays?limit=20': [{ body: { items: [replay('paused', {})] } }],
    'GET /ops/replays/r-1': [{ body: replay('paused', { waiting: 2 }) }],
    'POST /ops/replays/r-1/pause': [{ body: replay('paused', {}) }],
    'POST /ops/replays/r-1/resume': [{ body: replay('running', {}) }],
    'POST /ops/replays/r-1/cancel': [{ body: replay('cancelled', { released: 2 }) }],
  });
  expect((await run('replays', 'list')).output).toMatch(/^r-1 .* orders +paused +go$/m);
  expect(JSON.parse((await run('replays', 'show', 'r-1', '--json')).output)).toMatchObject({ state: 'paused' });
  expect((await run('replays', 'pause', 'r-1', '--note', 'lunch')).output).toContain('paused');
  expect((await run('replays', 'resume', 'r-1')).output).toContain('running');
  expect((await run('replays', 'cancel', 'r-1')).output).toContain('cancelled');
  expect(asked.slice(2)).toEqual([
    'POST /ops/replays/r-1/pause {"note":"lunch"}',
    'POST /ops/replays/r-1/resume {}',
    'POST /ops/replays/r-1/cancel {}',
  ]);
});

it('says what to do when it is refused, or nobody answers', async () => {
  const { run } = await serve({
    'GET /ops/queues': [
      { status: 401, body: {} },
      { status: 404, body: { type: 'urn:orderflow:problem:not-found', detail: 'Cannot GET' } },
      { status: 400, body: { detail: '2 things are wrong', errors: [{ parameter: 'a', detail: 'must be b' }] } },
    ],
  });
  const errors = async () => {
    const outcome = await run('queues');
    expect(outcome.code).toBe(1);
    return outcome.errors;
  };
  expect(await errors()).toContain('set AUTH_TOKEN');
  expect(await errors()).toContain('is it order-api with OPS=true?');
  expect(await errors()).toContain('2 things are wrong\n  a: must be b');
  const nobody = await orderflow(scripts.directory, { OPS_API_URL: 'http://127.0.0.1:1' }, 'queues');
  expect([nobody.code, nobody.errors]).toEqual([
    1,
    expect.stringContaining('No ops API answers at http://127.0.0.1:1'),
  ]);
  expect((await run('replays', 'create', 'orders', '--note', 'go', '--stages', 'x')).code).toBe(2);
  expect((await run('replays', 'create', 'orders')).code).toBe(2);
});
