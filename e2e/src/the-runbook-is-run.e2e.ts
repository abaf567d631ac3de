import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { getJson, type OrderView, placeOrder } from './orders.js';
import { commandsOf, wordsOf } from './runbook-commands.js';
import { System } from './system.js';
import { until } from './until.js';

const page = new URL('../../docs/runbook.md', import.meta.url);
const queue = 'billing';

let system: System;
let folder: string;
/** A letter is in the index soon, and its message was tried twice. */
const environment = { RETRY_DELAYS: '100ms', IMMEDIATE_ATTEMPTS: '1', OPS_INDEX_INTERVAL: '200ms' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderflow-runbook-'));
  system = await System.start(environment);
});
afterAll(async () => {
  await system?.remove();
  await rm(folder, { recursive: true, force: true });
});

const json = <T>(...args: string[]): T => JSON.parse(system.run(...args, '--json')) as T;
const letters = (way: '--api' | '--broker') => json<readonly { readonly place: string }[]>('dlq', 'list', queue, way);
const firstPlace = () => letters('--api')[0]?.place ?? '';

/** Has two dead letters in the queue that a replay mends: invoices could not be written for a while. */
async function twoLetters(): Promise<void> {
  await billing('CREATE TRIGGER jam BEFORE INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION jam()');
  for (let n = letters('--broker').length; n < 2; n += 1) await placeOrder(system);
  await until(
    'two dead letters are there, and in the index',
    async () => ((await indexed()) === 2 ? letters('--broker').length : undefined),
    (found) => found === 2,
  );
  await billing('DROP TRIGGER jam ON invoices');
}

async function indexed(): Promise<number> {
  const url = system.url('order-api', `/ops/queues/${queue}`);
  return (await getJson<{ readonly deadLetters: { readonly indexed: number } }>(url)).deadLetters.indexed;
}

async function billing(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: system.databaseUrl('billing-worker') });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** A command of the page, run over two dead letters. */
interface Row {
  /** It has nothing to do with dead letters. */
  readonly isOfSomethingElse?: boolean;
  /** What placeholders stand for. */
  readonly with?: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** What it has to say. */
  readonly says: RegExp;
}

const place = () => ({ PLACE: firstPlace() });

const table: Readonly<Record<string, Row>> = {
  'orderflow queues': { says: /^billing +\d+ .*\b2 +1 +\d{4}-/m },
  'orderflow dlq groups QUEUE': { says: /^[0-9a-f]{16} +billing +2 +order\.accepted +AttemptsExhausted/m },
  'orderflow dlq changes GROUP': { with: group, says: /^\d{4}-\S+ +first letter$/m },
  'orderflow dlq list QUEUE': { says: /order\.accepted v1 .* AttemptsExhausted /m },
  'orderflow dlq replay QUEUE': { says: /^Replayed 2 to billing, 0 failed, 0 skipped\.$/m },
  'orderflow replays create QUEUE --note "why"': { says: /^Replay [0-9a-f-]{36} of billing to billing: done$/m },
  'orderflow replays create QUEUE --group GROUP --attempts 1 --note "why"': {
    with: group,
    says: /^Replay [0-9a-f-]{36} of billing to billing: done$/m,
  },
  'orderflow dlq show QUEUE PLACE': { with: place, says: /"reason": "AttemptsExhausted"/ },
  'orderflow dlq export QUEUE --note "why" --output letters.ndjson': {
    with: () => ({ 'letters.ndjson': join(folder, `letters-${Date.now()}.ndjson`) }),
    says: /^2 letters of billing are in .*\.ndjson\. Export [0-9a-f-]{36} keeps them for 30 days\.$/m,
  },
  'orderflow dlq edit QUEUE PLACE --body mended.json --note "why"': {
    with: async () => ({ ...place(), 'mended.json': await mendedBody() }),
    says: /^Sent edit-[0-9a-f-]{36} to billing in place of /m,
  },
  'orderflow dlq discard QUEUE --api --all --confirm COUNT --note "why"': {
    with: () => ({ COUNT: '2' }),
    says: /^Discarded 2 of billing\. For 30 days: orderflow dlq restore [0-9a-f-]{36} /m,
  },
  'orderflow dlq restore DISCARD --note "why"': {
    with: () => ({
      DISCARD: json<{ readonly id: string }>(
        'dlq',
        'discard',
        queue,
        '--api',
        '--all',
        '--confirm',
        '2',
        '--note',
        'go',
      ).id,
    }),
    says: /^Restored 2 of 2 letters to billing\.$/m,
  },
  'orderflow resume QUEUE': {
    isOfSomethingElse: true,
    with: () => {
      system.run('pause', queue, '--note', 'go');
      return {};
    },
    says: /^billing/m,
  },
  'orderflow alerts': { isOfSomethingElse: true, says: /^No alerts\.$|dead-letters/m },
  'orderflow outbox list APP': { isOfSomethingElse: true, with: setAside, says: /^3-\d+ .* queue lab +Too large\.$/m },
  'orderflow outbox resend APP ID --note "why"': {
    isOfSomethingElse: true,
    with: setAside,
    says: /^1 of 1 messages are on their way\.$/m,
  },
  'orderflow outbox drop APP ID --note "why"': {
    isOfSomethingElse: true,
    with: setAside,
    says: /^1 of 1 messages are gone for good\.$/m,
  },
};

/** The first group of the queue. */
function group() {
  return { GROUP: json<readonly { readonly id: string }[]>('dlq', 'groups', queue)[0]?.id ?? '' };
}

let lastId = 0;

/** A message that the broker once refused, in an outbox. */
async function setAside() {
  lastId += 1;
  await billing(
    `INSERT INTO outbox_dead (id, bucket, destination_kind, destination, message_id, ordering_key, type, version, source,
       time, content_type, headers, body, created_at, reason)
     VALUES (${lastId}, 3, 'queue', 'lab', 'm-${lastId}', 'k', 'lab.note', 1, '/e2e', '2026-01-01T00:00:00.000Z',
       'application/json', '{}', '{}', now(), 'Too large.')`,
  );
  return { APP: 'billing-worker', ID: `3-${lastId}` };
}

/** The whole body of the first letter, which the audit log then says, as a file. */
async function mendedBody(): Promise<string> {
  const path = `/ops/queues/${queue}/dead-letters/${firstPlace()}/reveal`;
  const answer = await fetch(system.url('order-api', path), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ note: 'to mend it' }),
  });
  const { message } = (await answer.json()) as { readonly message: { readonly body: object } };
  const file = join(folder, 'mended.json');
  await writeFile(file, JSON.stringify(message.body));
  return file;
}

it('has every command of the runbook run, end with 0, and say what it has to', async () => {
  await billing(`CREATE FUNCTION jam() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'out of paper'; END $$`);
  const commands = commandsOf(await readFile(page, 'utf8'));
  expect(commands.filter((command) => table[command] === undefined)).toEqual([]);
  expect(Object.keys(table).filter((command) => !commands.includes(command))).toEqual([]);
  for (const command of commands) {
    const row = table[command] as Row;
    if (row.isOfSomethingElse !== true) await twoLetters();
    const values = { QUEUE: queue, ...(await row.with?.()) };
    const [, ...args] = wordsOf(command, values);
    expect(`${command}:\n${system.run(...args)}`).toMatch(row.says);
  }
});

/** Whatever the page had discarded and left so. */
async function restoreAll(): Promise<void> {
  const url = system.url('order-api', '/ops/discards');
  const { items } = await getJson<{ readonly items: readonly { readonly id: string; readonly restored: number }[] }>(
    url,
  );
  for (const { id } of items.filter(({ restored }) => restored === 0)) system.run('dlq', 'restore', id, '--note', 'go');
}

it('removes nothing where the count is another, and has all orders paid in the end, each once', async () => {
  await twoLetters();
  const discard = ['dlq', 'discard', queue, '--api', '--all', '--note', 'go'];
  expect(() => system.run(...discard, '--confirm', '3')).toThrow(/The selection has 2 letters, and 3 were confirmed/);
  expect(() => system.run(...discard)).toThrow(/2 letters of billing would be discarded.*add --confirm 2/);
  expect(letters('--broker')).toHaveLength(2);
  system.run('dlq', 'replay', queue, '--api', '--note', 'go');
  await restoreAll();
  const { items } = await until(
    'all orders are paid',
    () => getJson<{ readonly items: readonly OrderView[] }>(system.url('order-api', '/orders?limit=100')),
    (found) => found.items.every(({ status }) => status === 'paid'),
  );
  const client = new pg.Client({ connectionString: system.databaseUrl('billing-worker') });
  await client.connect();
  const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM invoices');
  await client.end();
  expect(rows[0]?.count).toBe(items.length);
});
