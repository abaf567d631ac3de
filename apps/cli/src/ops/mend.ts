import { open, readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { follow } from './follow.js';
import { choosesLetters, filterOf, type LetterFlags } from './letter-filter.js';
import { findOpsApi, type OpsApi } from './ops-api.js';
import type { Edit, LetterExport, RestoredDiscard, RestoredExport, Selection } from './ops-answers.js';
import { ProgressLine } from './progress-line.js';

interface JsonFlag {
  readonly json?: boolean;
}

interface ExportFlags extends JsonFlag, LetterFlags {
  readonly note: string;
  readonly output?: string;
  readonly reveal?: boolean;
}

interface RestoreFlags extends JsonFlag {
  readonly note: string;
  readonly from: 'discard' | 'export' | 'edit';
}

interface EditFlags extends JsonFlag {
  readonly note: string;
  readonly body: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly unset?: readonly string[];
}

/** `orderflow dlq export|restore|edit`, which only order-api can do. */
export function addMendCommands(program: Command, context: CommandContext): void {
  const dlq = program.commands.find((command) => command.name() === 'dlq');
  if (!dlq) throw new Error('There is no command dlq to add to.');
  choosesLetters(dlq.command('export'))
    .argument('<queue>', 'a queue, or topic/subscriptions/name')
    .description('copy dead letters, which stay where they are, as a line of JSON each (asks order-api)')
    .requiredOption('--note <text>', 'why, for the audit log')
    .option('--output <file>', 'a new file, readable by its owner only; standard output when absent')
    .option('--reveal', 'whole bodies, also what is about a person')
    .option('--json', 'answer as JSON (with --output)')
    .addHelpText(
      'after',
      '\nExample:\n  $ orderflow dlq export orders --reason InvalidPayload --note "ticket 7" --output letters.ndjson',
    )
    .action((queue: string, flags: ExportFlags) => exportLetters(findOpsApi(context), queue, flags));
  dlq
    .command('restore')
    .argument('<id>', 'the id that dlq discard, dlq export or dlq edit named')
    .description('send messages of which there is a copy to their queue again, each once (asks order-api)')
    .addOption(
      new Option('--from <what>', 'what has the copies').choices(['discard', 'export', 'edit']).default('discard'),
    )
    .requiredOption('--note <text>', 'why, for the audit log')
    .option('--json', 'answer as JSON')
    .addHelpText('after', restoreHelp)
    .action((id: string, flags: RestoreFlags) => restore(findOpsApi(context), id, flags));
  dlq
    .command('edit')
    .argument('<queue>', 'a queue, or topic/subscriptions/name')
    .argument('<place>', 'where in it the letter is, as dlq show and dlq list --json name it')
    .description('send a mended message in place of one dead letter (asks order-api)')
    .requiredOption('--body <file>', 'the whole new body as JSON; - for standard input')
    .requiredOption('--note <text>', 'why, for the audit log')
    .option('--set <name=value>', 'a property of the message (repeatable)', property)
    .option(
      '--unset <name>',
      'a property to leave out (repeatable)',
      (name: string, before: readonly string[] = []) => [...before, name],
    )
    .option('--json', 'answer as JSON')
    .addHelpText('after', editHelp)
    .action((queue: string, place: string, flags: EditFlags) => edit(findOpsApi(context), queue, place, flags));
}

const restoreHelp = `
Of an export what is gone is sent, and no letter that is still there; of an edit its original.

Example:
  $ orderflow dlq restore 0b2c4d5e-1111-4222-8333-444455556666 --note "they are needed after all"
  $ orderflow dlq restore 7d1e2f30-1111-4222-8333-444455556666 --from export --note "somebody emptied the queue"`;

const editHelp = `
Its contract checks the body. The letter's message stays as a copy for 30 days, and its id with the new message, whose
other properties are the letter's. Exit code 1 unless it was sent.

Example:
  $ orderflow dlq edit orders 12 --body mended.json --note "the currency was missing"`;

function property(written: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const at = written.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be name=value.');
  return { ...before, [written.slice(0, at)]: written.slice(at + 1) };
}

async function exportLetters(api: OpsApi, queue: string, flags: ExportFlags): Promise<void> {
  const { note, output } = flags;
  const selection = await api.post<Selection>('/ops/selections', { queue, filter: filterOf(flags) });
  if (selection.count === 0) return console.error(`0 letters of ${queue}.`);
  const made = await api.post<LetterExport>('/ops/exports', { selectionId: selection.id, note });
  const path = `/ops/exports/${made.id}`;
  const progress = new ProgressLine(process.stderr);
  const done = await follow<LetterExport>(api, path, {
    isEnded: ({ state }) => state === 'done',
    seen: ({ exported, letters }) => progress.show(`${exported} of ${letters} copied`),
  }).finally(() => progress.end());
  const lines =
    flags.reveal === true ? api.stream('POST', `${path}/reveal`, { note }) : api.stream('GET', `${path}/letters`);
  if (output === undefined) {
    await pipeline(lines, process.stdout, { end: false });
    return;
  }
  await writeNew(output, lines);
  if (flags.json === true) return console.log(JSON.stringify({ ...done, output }));
  const missing = done.missing > 0 ? `; ${done.missing} were taken by somebody else before` : '';
  console.log(
    `${done.exported} letters of ${queue} are in ${output}${missing}. Export ${done.id} keeps them for 30 days.`,
  );
}

/** Never over a file that is there: what is in it might be the only copy. */
async function writeNew(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'EEXIST' ? 'it is there already; name another one' : cause.message;
    throw new CommandError(`Cannot write ${path}: ${why}.`, { cause });
  });
  try {
    for await (const piece of pieces) await file.write(piece);
  } finally {
    await file.close();
  }
}

async function restore(api: OpsApi, id: string, { note, from, json }: RestoreFlags): Promise<void> {
  const done = await api.post<unknown>(`/ops/${from}s/${encodeURIComponent(id)}/restore`, { note });
  console.log(json === true ? JSON.stringify(done) : restoredText[from](done));
}

/** What a restore did, by what had the copies. */
const restoredText: Readonly<Record<RestoreFlags['from'], (answer: unknown) => string>> = {
  discard(answer) {
    const { restored, letters, target, sentOtherwise = 0 } = answer as RestoredDiscard;
    const left = sentOtherwise > 0 ? `; left out: ${sentOtherwise} that the restore of an export sent` : '';
    return `Restored ${restored} of ${letters} letters to ${target}${left}.`;
  },
  export(answer) {
    const { restored, letters, queue, present, sentOtherwise } = answer as RestoredExport;
    const left = `left out: ${present} that are dead letters, ${sentOtherwise} that something else has or sent`;
    return `Restored ${restored} of ${letters} letters of ${queue}; ${left}.`;
  },
  edit(answer) {
    const { messageId, target } = answer as Edit;
    return `Restored ${messageId} to ${target}.`;
  },
};

async function edit(api: OpsApi, queue: string, place: string, flags: EditFlags): Promise<void> {
  const { note, set = {}, unset = [] } = flags;
  const properties = { ...set, ...Object.fromEntries(unset.map((name) => [name, null])) };
  const path = `/ops/queues/${encodeURIComponent(queue)}/dead-letters/${encodeURIComponent(place)}/edit`;
  const made = await api.post<Edit>(path, { body: await readBody(flags.body), properties, note });
  const isEnded = ({ state }: Edit): boolean => state !== 'waiting' && state !== 'sending';
  const done = await follow<Edit>(api, `/ops/edits/${made.id}`, { isEnded, seen: () => undefined });
  if (flags.json === true) console.log(JSON.stringify(done));
  else if (done.state === 'sent') {
    console.log(`Sent ${done.newMessageId} to ${done.target} in place of ${done.messageId} (edit ${done.id}).`);
  }
  if (done.state !== 'sent') throw new CommandError(`Edit ${done.id} is ${done.state}: ${done.detail ?? ''}`);
}

async function readBody(path: string): Promise<unknown> {
  const from = path === '-' ? 'Standard input' : path;
  const written = await (path === '-' ? text(process.stdin) : readFile(path, 'utf8')).catch((cause: Error) => {
    throw new CommandError(`Cannot read the body: ${cause.message}`, { cause });
  });
  try {
    return JSON.parse(written);
  } catch (cause) {
    throw new CommandError(`${from} is no JSON: ${(cause as Error).message}`, { cause });
  }
}
