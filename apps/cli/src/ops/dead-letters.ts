import { createInterface } from 'node:readline/promises';
import type { CommandContext } from '../command-context.js';
import { CommandError, UsageError } from '../command-error.js';
import { table } from '../table.js';
import { follow } from './follow.js';
import { filterOf, type LetterFlags } from './letter-filter.js';
import { findOpsApi, type OpsApi } from './ops-api.js';
import type { Discard, Letter, Selection } from './ops-answers.js';
import { ProgressLine } from './progress-line.js';
import { createReplay } from './replays.js';

interface Flags extends LetterFlags {
  readonly json?: boolean;
}

export interface ApiListFlags extends Flags {
  readonly limit: number;
}

export interface ApiReplayFlags extends Flags {
  readonly max?: number;
  readonly to?: string;
  readonly note?: string;
  readonly rate?: number;
}

export interface ApiDiscardFlags extends Flags {
  readonly max?: number;
  readonly all?: boolean;
  readonly note?: string;
  readonly confirm?: number;
}

const pageSize = 250;
const longestDetail = 100;

/** `orderflow dlq list` through order-api. */
export async function listLetters(context: CommandContext, queue: string, flags: ApiListFlags): Promise<void> {
  const { limit, json } = flags;
  const letters = await readLetters(findOpsApi(context), queue, limit, filterOf(flags));
  if (json === true) return console.log(JSON.stringify(letters));
  if (letters.length === 0) return console.log(`No dead letters in ${queue}.`);
  const rows = letters.map((letter) => [
    letter.place,
    letter.messageId,
    letter.type === '' ? '(none)' : `${letter.type} v${letter.version}`,
    String(letter.attempt),
    letter.enqueuedAt,
    letter.reason,
    letter.detail.length > longestDetail ? `${letter.detail.slice(0, longestDetail)}…` : letter.detail,
  ]);
  console.log(table(['place', 'id', 'type', 'attempt', 'stored', 'reason', 'detail'], rows));
  if (letters.length === limit) console.log(`The first ${limit}; --limit shows more.`);
}

interface LetterPage {
  readonly items: readonly Letter[];
  readonly nextCursor?: string;
}

async function readLetters(
  api: OpsApi,
  queue: string,
  limit: number,
  filter: Readonly<Record<string, string | undefined>>,
): Promise<readonly Letter[]> {
  const letters: Letter[] = [];
  let cursor: string | undefined;
  do {
    const page: LetterPage = await api.get(`/ops/queues/${encodeURIComponent(queue)}/dead-letters`, {
      ...filter,
      limit: Math.min(pageSize, limit - letters.length),
      cursor,
    });
    letters.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined && letters.length < limit);
  return letters;
}

/** `orderflow dlq replay` through order-api: in the usual stages, followed to its end. */
export async function replayLetters(context: CommandContext, queue: string, flags: ApiReplayFlags): Promise<void> {
  refuseBrokerFlags(flags, ['max', 'to']);
  await createReplay(findOpsApi(context), queue, { ...flags, note: noteOf(flags) });
}

/** `orderflow dlq discard` through order-api: with a copy of each letter, once its count was confirmed. */
export async function discardLetters(context: CommandContext, queue: string, flags: ApiDiscardFlags): Promise<void> {
  refuseBrokerFlags(flags, ['max']);
  const filter = filterOf(flags);
  if (flags.all !== true && Object.values(filter).every((value) => value === undefined)) {
    throw new UsageError('Say which dead letters to discard: --id, --reason, --type, --older-than, or --all.');
  }
  const note = noteOf(flags);
  const api = findOpsApi(context);
  const selection = await api.post<Selection>('/ops/selections', { queue, filter });
  if (selection.count === 0) {
    return console.log(flags.json === true ? JSON.stringify(selection) : `0 letters of ${queue}.`);
  }
  const confirm = flags.confirm ?? (await askForCount(selection, queue));
  const made = await api.post<Discard>('/ops/discards', { selectionId: selection.id, confirm, note });
  const progress = new ProgressLine(process.stdout);
  const done = await follow<Discard>(api, `/ops/discards/${made.id}`, {
    isEnded: ({ state }) => state === 'done',
    seen: ({ discarded, letters }) => {
      if (flags.json !== true) progress.show(`${discarded} of ${letters} discarded`);
    },
  }).finally(() => progress.end());
  if (flags.json === true) return console.log(JSON.stringify(done));
  const missing = done.missing > 0 ? `, ${done.missing} taken by somebody else before` : '';
  console.log(
    `Discarded ${done.discarded} of ${queue}${missing}. For 30 days: orderflow dlq restore ${done.id} --note "why"`,
  );
}

async function askForCount({ count }: Selection, queue: string): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError(`${count} letters of ${queue} would be discarded. Look at them, then add --confirm ${count}.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${count} letters of ${queue} will be discarded. Type ${count} to go on: `);
  terminal.close();
  if (answer.trim() === String(count)) return count;
  throw new CommandError('Nothing was discarded.');
}

/** @throws UsageError for a flag that order-api cannot keep */
function refuseBrokerFlags(flags: ApiReplayFlags | ApiDiscardFlags, names: readonly string[]): void {
  const given = names.filter((name) => flags[name as keyof typeof flags] !== undefined);
  if (given.length === 0) return;
  const list = given.map((name) => `--${name}`).join(' and ');
  throw new UsageError(`Through order-api there is no ${list}: leave it out, or go straight to the broker (--broker).`);
}

function noteOf({ note }: { readonly note?: string }): string {
  if (note !== undefined) return note;
  throw new UsageError('Through order-api it says why, for the audit log: --note "the gateway is back".');
}
