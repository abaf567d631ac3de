import {
  type DeadLetter,
  type DeadLetterPage,
  type DiscardOptions,
  matching,
  type ReplayResult,
} from '@orderflow/messaging';
import { type CommandTransport, openBroker } from '../broker-transport.js';
import type { CommandContext } from '../command-context.js';
import { CommandError, UsageError } from '../command-error.js';
import { table } from '../table.js';
import { explainBroker } from './explain-broker.js';
import { forwardOf } from './forward-of.js';

/** Which dead letters are meant. */
interface ChoiceFlags {
  readonly id?: readonly string[];
  readonly reason?: readonly string[];
  readonly type?: readonly string[];
  /** In milliseconds. */
  readonly olderThan?: number;
  readonly json?: boolean;
}

export interface ListFlags extends ChoiceFlags {
  readonly limit: number;
}

export interface ReplayFlags extends ChoiceFlags {
  readonly max?: number;
  readonly to?: string;
}

export interface DiscardFlags extends ChoiceFlags {
  readonly max?: number;
  readonly all?: boolean;
}

const pageSize = 250;
/** A longer explanation is cut in the table; `--json` has all of it. */
const longestDetail = 100;

export async function listDeadLetters(context: CommandContext, queue: string, flags: ListFlags): Promise<void> {
  const { limit, json } = flags;
  const letters = await using(context, (transport) => read(transport, queue, limit, chosenBy(flags)));
  if (json === true) return console.log(JSON.stringify(letters));
  if (letters.length === 0) return console.log(`No dead letters in ${queue}.`);
  const rows = letters.map((letter) => [
    letter.id,
    letter.type === '' ? '(none)' : `${letter.type} v${letter.version}`,
    String(letter.attempt),
    letter.enqueuedAt.toISOString(),
    letter.reason,
    letter.detail.length > longestDetail ? `${letter.detail.slice(0, longestDetail)}…` : letter.detail,
  ]);
  console.log(table(['id', 'type', 'attempt', 'stored', 'reason', 'detail'], rows));
  if (letters.length === limit) console.log(`The first ${limit}; --limit shows more.`);
}

async function read(
  transport: CommandTransport,
  queue: string,
  limit: number,
  isChosen: (letter: DeadLetter) => boolean,
): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  let from: string | undefined;
  while (letters.length < limit) {
    const page: DeadLetterPage = await transport.deadLetters.peek(queue, {
      limit: pageSize,
      ...(from !== undefined && { from }),
    });
    letters.push(...page.letters.filter(isChosen));
    if (page.next === undefined) break;
    from = page.next;
  }
  return letters.slice(0, limit);
}

export async function replayDeadLetters(context: CommandContext, place: string, flags: ReplayFlags): Promise<void> {
  const to = flags.to ?? (await forwardOf(context, place));
  const operation = new Operation(place, flags);
  const result = await operation.run(context, (transport, options) =>
    transport.deadLetters.replay(place, { ...options, ...(to !== undefined && { to }) }),
  );
  const { replayed } = result;
  if (flags.json !== true) console.log(`Replayed ${replayed} to ${to ?? place}, ${describeRest(result)}.`);
  operation.conclude(result);
}

export async function discardDeadLetters(context: CommandContext, place: string, flags: DiscardFlags): Promise<void> {
  const { id, reason, type, olderThan, all } = flags;
  if (all !== true && [id, reason, type, olderThan].every((flag) => flag === undefined)) {
    throw new UsageError('Say which dead letters to discard: --id, --reason, --type, --older-than, or --all.');
  }
  const operation = new Operation(place, flags);
  const result = await operation.run(context, (transport, options) => transport.deadLetters.discard(place, options));
  const { discarded } = result;
  if (flags.json !== true) console.log(`Discarded ${discarded} of ${place}, ${describeRest(result)}.`);
  operation.conclude(result);
}

/** What became of those that were not moved. */
function describeRest({ failed, skipped, handedBack = 0 }: Rest): string {
  const passedOver = handedBack > 0 ? `, ${handedBack} handed back` : '';
  return `${failed} failed, ${skipped} skipped${passedOver}`;
}

type Rest = Pick<ReplayResult, 'failed' | 'skipped' | 'handedBack'>;

type Selection = Pick<DiscardOptions, 'limit' | 'filter' | 'onFailed' | 'signal'>;

/** One change of a dead-letter queue: it can be interrupted, and says what failed and what was not found. */
class Operation {
  readonly #place: string;
  readonly #flags: ReplayFlags | DiscardFlags;
  readonly #missing: Set<string>;

  constructor(place: string, flags: ReplayFlags | DiscardFlags) {
    this.#place = place;
    this.#flags = flags;
    this.#missing = new Set(flags.id);
  }

  async run<Result>(
    context: CommandContext,
    work: (transport: CommandTransport, selection: Selection) => Promise<Result>,
  ): Promise<Result> {
    const interrupted = new AbortController();
    const interrupt = (): void => interrupted.abort();
    process.on('SIGINT', interrupt);
    try {
      return await using(context, (transport) => work(transport, this.#selection(interrupted.signal)));
    } finally {
      process.off('SIGINT', interrupt);
    }
  }

  /** Ends with exit code 1 when something was left undone. */
  conclude(result: { readonly failed: number }): void {
    const notFound = [...this.#missing];
    if (this.#flags.json === true) console.log(JSON.stringify({ ...result, notFound }));
    if (notFound.length > 0) {
      throw new CommandError(`Not among the dead letters of ${this.#place}: ${notFound.join(', ')}`);
    }
    if (result.failed > 0) throw new CommandError(`${result.failed} dead letters of ${this.#place} are still there.`);
  }

  #selection(signal: AbortSignal): Selection {
    const isChosen = chosenBy(this.#flags);
    return {
      ...(this.#flags.max !== undefined && { limit: this.#flags.max }),
      filter: (letter) => {
        this.#missing.delete(letter.id);
        return isChosen(letter);
      },
      onFailed: ({ id }, error) => console.error(`${id}: ${error.message}`),
      signal,
    };
  }
}

function chosenBy({ id, reason, type, olderThan }: ChoiceFlags): (letter: DeadLetter) => boolean {
  return matching({
    ...(id !== undefined && { ids: id }),
    ...(reason !== undefined && { reasons: reason }),
    ...(type !== undefined && { types: type }),
    ...(olderThan !== undefined && { storedBefore: new Date(Date.now() - olderThan) }),
  });
}

async function using<Result>(
  context: CommandContext,
  work: (transport: CommandTransport) => Promise<Result>,
): Promise<Result> {
  const transport = await openBroker(context);
  try {
    return await work(transport);
  } catch (error) {
    throw await explainBroker(error, context);
  } finally {
    await transport.close();
  }
}
