import { type Command } from 'commander';
import { UsageError } from '../command-error.js';
import { duration } from '../options.js';

/** Which dead letters are meant, as the ops API can choose them. */
export interface LetterFlags {
  readonly group?: string;
  readonly order?: string;
  readonly reason?: string | readonly string[];
  readonly type?: string | readonly string[];
  readonly id?: string | readonly string[];
  /** In milliseconds. */
  readonly olderThan?: number;
}

/** The flags of {@link LetterFlags} for a command that asks the ops API only. */
export function choosesLetters(command: Command): Command {
  return command
    .option('--group <id>', 'only of this group, as dlq groups names it')
    .option('--reason <code>', 'only with this reason')
    .option('--type <type>', 'only of this message type')
    .option('--order <id>', 'only of this order')
    .option('--id <message-id>', 'only the message with this id')
    .option('--older-than <duration>', 'only stored longer ago, e.g. 90s, 15m, 2h, 7d', duration);
}

/**
 * The filter of a selection; what is undefined is left out.
 * @throws UsageError for a flag that was given twice
 */
export function filterOf({ group, order, reason, type, id, olderThan }: LetterFlags) {
  const to = olderThan === undefined ? undefined : new Date(Date.now() - olderThan).toISOString();
  return {
    ...{ group, reason: only('--reason', reason), type: only('--type', type) },
    ...{ orderId: order, messageId: only('--id', id), to },
  };
}

function only(flag: string, given: string | readonly string[] | undefined): string | undefined {
  if (given === undefined || typeof given === 'string') return given;
  if (given.length === 1) return given[0];
  throw new UsageError(
    `Through order-api ${flag} is given once: call it for each, or go straight to the broker (--broker).`,
  );
}
