import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { findOpsApi } from './ops-api.js';
import type { Story, StoryStep } from './ops-answers.js';

interface TraceFlags {
  readonly json?: boolean;
}

/** `orderflow orders trace`. */
export function addTraceCommand(program: Command, context: CommandContext): void {
  const orders = program.commands.find((command) => command.name() === 'orders');
  if (!orders) throw new Error('There is no command orders to add to.');
  orders
    .command('trace')
    .argument('<id>', "the order's id")
    .description(
      'what happened to one order, across all apps: sent, handled, failed, given up, replayed (asks order-api)',
    )
    .option('--json', 'answer as JSON, with what led to what')
    .addHelpText('after', help)
    .action(async (id: string, { json }: TraceFlags) => {
      const story = await findOpsApi(context).get<Story>(`/ops/orders/${encodeURIComponent(id)}/story`);
      console.log(json === true ? JSON.stringify(story) : drawStory(story));
    });
}

const help = `
A column for each app. A time that nobody knows is dashes, or in brackets the span that it is in.

Example:
  $ orderflow orders trace 7f9c2f6e-1d0b-4b0e-8f0c-2f7f8a3c9d10`;

const marks: Readonly<Record<StoryStep['kind'], string>> = {
  sent: '→',
  handled: '●',
  failed: '✗',
  'dead-lettered': '☠',
  replayed: '↻',
  restored: '↻',
  discarded: '×',
  edited: '✎',
  taken: '?',
};

/** The steps of a story, one a line, with a mark in the column of the app that took it. */
export function drawStory({ orderId, status, lanes, steps, complete, why }: Story): string {
  const columns = lanes.map((lane, n) => `${'│ '.repeat(n)}┌ ${lane}`);
  const lines = steps.map((step) => lineOf(step, lanes));
  const end = complete ? [] : ['Not the whole story:', ...why.map((reason) => `  ${reason}`)];
  return [`Order ${orderId}: ${status ?? 'no fact is known'}`, '', ...indented(columns), ...lines, ...end].join('\n');
}

const timeWidth = '2026-01-31T12:00:00.000Z'.length;

function indented(columns: readonly string[]): readonly string[] {
  return columns.map((column) => `${' '.repeat(timeWidth)}  ${column}`);
}

function lineOf(step: StoryStep, lanes: readonly string[]): string {
  const picture = lanes.map((lane) => (lane === step.lane ? marks[step.kind] : '│')).join(' ');
  const time = step.time ?? '-'.repeat(timeWidth);
  return `${time}  ${picture}  ${textOf(step)}${spanOf(step)}`;
}

function textOf({ kind, type, messageId, attempts, detail, outcome, link }: StoryStep): string {
  // Ids of events begin with their type.
  const message = messageId.startsWith(`${type}:`) ? messageId : `${type ?? '(unknown type)'} ${messageId}`;
  const why = detail === undefined ? '' : `: ${detail}`;
  const where = link === undefined ? '' : ` ${link}`;
  switch (kind) {
    case 'failed':
      return `failed ${attempts ?? 1} times: ${message}`;
    case 'dead-lettered':
      return `given up after attempt ${attempts ?? 1}: ${message}${why}${where}`;
    case 'replayed':
      return `replayed: ${message}${outcome === undefined ? '' : `, ${outcome}`}${why}${where}`;
    case 'taken':
      return `taken by somebody else: ${message}`;
    default:
      return `${kind}: ${message}${why}${where}`;
  }
}

function spanOf({ time, notBefore, notAfter }: StoryStep): string {
  if (time !== null || (notBefore === undefined && notAfter === undefined)) return '';
  return ` [${notBefore ?? ''} … ${notAfter ?? ''}]`;
}
