import type { AzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { findServiceBus, openTransport } from '../service-bus.js';
import { table } from '../table.js';

export interface ListFlags {
  readonly limit: number;
  readonly json?: boolean;
}

export interface ReplayFlags {
  readonly max?: number;
  readonly id?: readonly string[];
  readonly json?: boolean;
}

type DeadLetterPage = Awaited<ReturnType<AzureServiceBusTransport['deadLetters']['peek']>>;
type DeadLetter = DeadLetterPage['letters'][number];

const pageSize = 250;
/** A longer explanation is cut in the table; `--json` has all of it. */
const longestDetail = 100;

export async function listDeadLetters(
  context: CommandContext,
  queue: string,
  { limit, json }: ListFlags,
): Promise<void> {
  const letters = await using(context, (transport) => read(transport, queue, limit));
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

async function read(transport: AzureServiceBusTransport, queue: string, limit: number): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  let from: string | undefined;
  while (letters.length < limit) {
    const page: DeadLetterPage = await transport.deadLetters.peek(queue, {
      limit: Math.min(pageSize, limit - letters.length),
      ...(from !== undefined && { from }),
    });
    letters.push(...page.letters);
    if (page.next === undefined) break;
    from = page.next;
  }
  return letters;
}

export async function replayDeadLetters(
  context: CommandContext,
  queue: string,
  { max, id, json }: ReplayFlags,
): Promise<void> {
  const missing = new Set(id);
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.on('SIGINT', interrupt);
  try {
    const result = await using(context, (transport) =>
      transport.deadLetters.replay(queue, {
        ...(max !== undefined && { max }),
        ...(id !== undefined && {
          filter: (letter) => {
            missing.delete(letter.id);
            return id.includes(letter.id);
          },
        }),
        signal: interrupted.signal,
      }),
    );
    if (json === true) console.log(JSON.stringify({ ...result, notFound: [...missing] }));
    else console.log(`Replayed ${result.replayed} to ${queue}, ${result.remaining} remain.`);
  } finally {
    process.off('SIGINT', interrupt);
  }
  if (missing.size > 0) throw new CommandError(`Not among the dead letters of ${queue}: ${[...missing].join(', ')}`);
}

async function using<Result>(
  context: CommandContext,
  work: (transport: AzureServiceBusTransport) => Promise<Result>,
): Promise<Result> {
  const transport = await openTransport(findServiceBus(context));
  try {
    return await work(transport);
  } finally {
    await transport.close();
  }
}
