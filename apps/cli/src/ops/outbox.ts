import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { wholeNumber } from '../options.js';
import { table } from '../table.js';
import { findOpsApi, type OpsApi } from './ops-api.js';
import type { Outbox, OutboxSummary } from './ops-answers.js';

interface JsonFlag {
  readonly json?: boolean;
}

/** `orderflow outbox`. */
export function addOutboxCommands(program: Command, context: CommandContext): void {
  const outbox = program
    .command('outbox')
    .description('what apps have not sent, and messages that no broker took (asks order-api)');
  outbox
    .command('list')
    .argument('[app]', 'order-api or a worker; all of them when absent')
    .description('what waits in the outbox of each app; of one app the messages that were set aside')
    .option('--limit <count>', 'how many messages', wholeNumber(1, 250), 50)
    .option('--cursor <cursor>', 'where the page before ended')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExamples:\n  $ orderflow outbox list\n  $ orderflow outbox list order-worker')
    .action((app: string | undefined, flags: PageFlags) =>
      app === undefined ? listAll(findOpsApi(context), flags) : listOne(findOpsApi(context), app, flags),
    );
  const change = (command: Command, verb: 'resend' | 'drop', description: string, done: string) =>
    command
      .argument('<app>', 'order-api or a worker')
      .argument('<ids...>', 'messages, as outbox list APP names them')
      .description(description)
      .requiredOption('--note <text>', 'why, for the audit log')
      .option('--json', 'answer as JSON')
      .addHelpText('after', `\nExample:\n  $ orderflow outbox ${verb} order-worker 3-1742 --note "ticket 7"`)
      .action((app: string, ids: string[], flags: JsonFlag & { readonly note: string }) =>
        changeSetAside(findOpsApi(context), { app, verb, ids, done }, flags),
      );
  change(
    outbox.command('resend'),
    'resend',
    'send messages again that were set aside, in the order of their keys',
    'on their way',
  );
  change(outbox.command('drop'), 'drop', 'remove messages for good that were set aside', 'gone for good');
}

interface PageFlags extends JsonFlag {
  readonly limit: number;
  readonly cursor?: string;
}

async function listAll(api: OpsApi, { json }: JsonFlag): Promise<void> {
  const { items } = await api.get<{ readonly items: readonly OutboxSummary[] }>('/ops/outbox');
  if (json === true) return console.log(JSON.stringify(items));
  const rows = items.map(({ app, outbox }) =>
    outbox
      ? [
          app,
          countOf(outbox),
          seconds(outbox.waiting.oldestAgeMs),
          String(outbox.held.keys),
          String(outbox.setAside.total),
        ]
      : [app, '?', '?', '?', '?'],
  );
  console.log(table(['app', 'waiting', 'oldest', 'held keys', 'set aside'], rows));
  for (const { trouble } of items) if (trouble !== undefined) console.log(trouble);
}

async function listOne(api: OpsApi, app: string, { limit, cursor, json }: PageFlags): Promise<void> {
  const outbox = await api.get<Outbox>(`/ops/outbox/${encodeURIComponent(app)}`, { limit, cursor });
  if (json === true) return console.log(JSON.stringify(outbox));
  const { waiting, held, setAside } = outbox;
  const oldest = waiting.messages > 0 ? `, the oldest for ${seconds(waiting.oldestAgeMs)}` : '';
  console.log(`${app}: ${countOf(outbox)} wait${oldest}; ${held.keys} keys are held; ${setAside.total} are set aside.`);
  if (held.items.length > 0) {
    const rows = held.items.map((key) => [key.orderingKey, String(key.attempts), key.due ?? '', key.lastError]);
    console.log(table(['held key', 'attempts', 'due', 'last error'], rows));
  }
  if (setAside.items.length > 0) {
    const rows = setAside.items.map((it) => [
      it.id,
      it.setAsideAt,
      it.type,
      it.messageId,
      it.orderingKey ?? '',
      it.to,
      it.reason,
    ]);
    console.log(table(['id', 'set aside', 'type', 'message', 'key', 'to', 'reason'], rows));
  }
  if (setAside.nextCursor !== undefined) {
    console.log(`More: orderflow outbox list ${app} --cursor ${setAside.nextCursor}`);
  }
}

interface Change {
  readonly app: string;
  readonly verb: 'resend' | 'drop';
  readonly ids: readonly string[];
  /** What became of them, for people. */
  readonly done: string;
}

async function changeSetAside(
  api: OpsApi,
  { app, verb, ids, done }: Change,
  { note, json }: JsonFlag & { readonly note: string },
): Promise<void> {
  const path = `/ops/outbox/${encodeURIComponent(app)}/${verb}`;
  const changed = await api.post<{ readonly messages: number }>(path, { ids, note });
  console.log(json === true ? JSON.stringify(changed) : `${changed.messages} of ${ids.length} messages are ${done}.`);
  const missing = ids.length - changed.messages;
  if (missing > 0) {
    throw new CommandError(`${missing} were not set aside, or not any more: orderflow outbox list ${app}`);
  }
}

function countOf({ waiting: { messages, isEstimate } }: Pick<Outbox, 'waiting'>): string {
  return `${isEstimate ? 'about ' : ''}${messages}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
