import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { wholeNumber } from '../options.js';
import { table } from '../table.js';
import { follow } from './follow.js';
import { choosesLetters, filterOf, type LetterFlags } from './letter-filter.js';
import { findOpsApi, type OpsApi } from './ops-api.js';
import type { Replay, Selection, Stage } from './ops-answers.js';
import { ProgressLine } from './progress-line.js';

interface JsonFlag {
  readonly json?: boolean;
}

interface CreateFlags extends JsonFlag, LetterFlags {
  readonly note: string;
  readonly stages?: readonly (number | 'rest')[];
  readonly rate?: number;
  readonly attempts?: number;
  readonly confirmWithin?: number;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
}

/** `orderflow replays`. */
export function addReplaysCommands(program: Command, context: CommandContext): void {
  const replays = program.command('replays').description('replays of dead letters, in stages (asks order-api)');
  addCreate(replays, context);
  replays
    .command('list')
    .description('the newest replays')
    .option('--limit <count>', 'how many', wholeNumber(1, 250), 20)
    .option('--json', 'answer as JSON')
    .action(async ({ limit, json }: JsonFlag & { readonly limit: number }) => {
      const { items } = await findOpsApi(context).get<{ readonly items: readonly Replay[] }>('/ops/replays', { limit });
      if (json === true) return console.log(JSON.stringify(items));
      if (items.length === 0) return console.log('No replays.');
      const rows = items.map((replay) => [replay.id, replay.createdAt, replay.queue, replay.state, replay.note]);
      console.log(table(['id', 'made', 'queue', 'state', 'note'], rows));
    });
  const one = (name: string, description: string) =>
    replays
      .command(name)
      .argument('<id>', "the replay's id")
      .description(description)
      .option('--json', 'answer as JSON');
  one('show', 'one replay, stage by stage').action(async (id: string, flags: JsonFlag) =>
    show(await findOpsApi(context).get<Replay>(pathOf(id)), flags),
  );
  one('watch', 'follow a replay to its end, or until it waits for somebody').action((id: string, flags: JsonFlag) =>
    watch(findOpsApi(context), id, flags),
  );
  const changes = { pause: 'send nothing more for now', resume: 'go on', cancel: 'end it; the rest stays where it is' };
  for (const [change, description] of Object.entries(changes)) {
    one(change, description)
      .option('--note <text>', 'why, for the audit log')
      .action(async (id: string, { note, ...flags }: JsonFlag & { readonly note?: string }) =>
        show(await findOpsApi(context).post<Replay>(`${pathOf(id)}/${change}`, { note }), flags),
      );
  }
}

function addCreate(replays: Command, context: CommandContext): void {
  choosesLetters(replays.command('create'))
    .argument('<queue>', 'a queue, or topic/subscriptions/name')
    .description('select dead letters and replay them; follows the replay to its end')
    .requiredOption('--note <text>', 'why, for the audit log')
    .option('--stages <sizes>', 'letters of each stage, the last one "rest"', stagesOf, [1, 10, 100, 'rest'])
    .option('--rate <count>', 'messages a second at most', wholeNumber(1, 10_000))
    .option('--attempts <count>', 'of each message, in all stages but the last', wholeNumber(1, 100))
    .option('--confirm-within <seconds>', 'how long the consumer may take', wholeNumber(1, 86_400))
    .option('--dry-run', 'only count what would be replayed')
    .option('--detach', 'do not wait for its end')
    .option('--json', 'answer as JSON')
    .addHelpText('after', createHelp)
    .action((queue: string, flags: CreateFlags) => createReplay(findOpsApi(context), queue, flags));
}

const createHelp = `
It stops by itself when more than a tenth of a stage fails again. Exit code 1 unless all of it is done.

Examples:
  $ orderflow replays create orders --reason AttemptsExhausted --note "the gateway is back"
  $ orderflow replays create billing --group 0123456789abcdef --rate 100 --note "ticket 7" --dry-run`;

/** Selects dead letters and replays them. */
export async function createReplay(api: OpsApi, queue: string, flags: CreateFlags): Promise<void> {
  const { note, stages, rate, attempts, confirmWithin, dryRun, detach } = flags;
  const selection = await api.post<Selection>('/ops/selections', { queue, filter: filterOf(flags) });
  if (flags.json !== true || dryRun === true || selection.count === 0) report(selection, queue, flags);
  if (dryRun === true || selection.count === 0) return;
  const request = { selectionId: selection.id, note, stages, rate, attempts, confirmWithin };
  const replay = await api.post<Replay>('/ops/replays', request);
  if (detach === true) show(replay, flags);
  else await watch(api, replay.id, flags);
}

function report(selection: Selection, queue: string, { json }: JsonFlag): void {
  if (json === true) return console.log(JSON.stringify(selection));
  const passed = selection.passedOver > 0 ? `; ${selection.passedOver} others are handed back on the way` : '';
  console.log(`${selection.count} letters of ${queue}${passed}.`);
}

async function watch(api: OpsApi, id: string, flags: JsonFlag): Promise<void> {
  const progress = new ProgressLine(process.stdout);
  const replay = await follow<Replay>(api, pathOf(id), {
    isEnded: ({ state }) => state !== 'running',
    seen: (seen) => {
      if (flags.json !== true) progress.show(lineOf(seen));
    },
  }).finally(() => progress.end());
  show(replay, flags);
  if (replay.state !== 'done') throw new CommandError(`Replay ${id} is ${replay.state}: ${replay.why ?? ''}`);
}

function lineOf({ stage, stages }: Replay): string {
  const sum = (of: (stage: Stage) => number) => stages.reduce((total, one) => total + of(one), 0);
  const [letters, confirmed, failed] = [
    sum((it) => it.letters),
    sum((it) => it.confirmed),
    sum((it) => it.failedAgain),
  ];
  return `stage ${stage} of ${stages.length}: ${confirmed} of ${letters} confirmed, ${failed} failed again`;
}

function show(replay: Replay, { json }: JsonFlag): void {
  if (json === true) return console.log(JSON.stringify(replay));
  const { id, queue, target, state, why } = replay;
  console.log(`Replay ${id} of ${queue} to ${target}: ${state}${why === undefined ? '' : `, ${why}`}`);
  const names = [
    'letters',
    'waiting',
    'inFlight',
    'confirmed',
    'failedAgain',
    'unconfirmed',
    'refused',
    'missing',
    'released',
  ] as const;
  const rows = replay.stages.map((stage) => [String(stage.stage), ...names.map((name) => String(stage[name]))]);
  console.log(table(['stage', ...names], rows));
}

function pathOf(id: string): string {
  return `/ops/replays/${encodeURIComponent(id)}`;
}

function stagesOf(text: string): readonly (number | 'rest')[] {
  const sizes = text.split(',').map((size) => (size.trim() === 'rest' ? 'rest' : Number(size)));
  if (sizes.every((size) => size === 'rest' || Number.isInteger(size))) return sizes;
  throw new InvalidArgumentError('give numbers with commas between them, e.g. 1,10,100,rest');
}
