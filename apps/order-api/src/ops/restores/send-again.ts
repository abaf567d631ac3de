import type { Envelope, Transport } from '@orderflow/messaging';
import type { PostgresMessaging, SqlTransaction } from '@orderflow/messaging/postgres';
import { lockRestores } from '../queue-lock.js';
import { reachBrokerAmidRestore } from './reach-broker-amid-restore.js';

/** A message as it was before something was done with its letter. */
export interface SentAgain {
  /** Its number among the copies. */
  readonly n: number;
  readonly envelope: Envelope;
  /** Of the dead letter; what is sent has the next one. */
  readonly generation: number;
}

/** Some copies that were looked at. */
export interface CopyPage {
  /** Those to send. */
  readonly letters: readonly SentAgain[];
  /** The number of the last one that was looked at; undefined when there are no more. */
  readonly last: number | undefined;
}

/** Copies to send, and where it is written that they were. */
export interface CopySource {
  /** The next copies behind a number, 100 at most, in its order; locked until the transaction ends. */
  page(tx: SqlTransaction, after: number): Promise<CopyPage>;
  /** Writes that these were sent. */
  sent(tx: SqlTransaction, numbers: readonly number[]): Promise<void>;
}

export interface SendAgainOptions {
  readonly messaging: Pick<PostgresMessaging, 'transaction'>;
  readonly transport: Pick<Transport, 'send'>;
  /** Whose dead letters they were. */
  readonly queue: string;
  /** The queue that gets them. */
  readonly target: string;
}

/**
 * Sends messages to their queue again, each with the id and the properties it had. That they were sent is committed after
 * the broker has them: when the process dies in between, what is sent once more is recognised by its id. Whatever else has
 * copies of the same letters waits meanwhile, page by page.
 * @throws Problem 503 when the broker does not take them
 */
export async function sendAgain(
  { messaging, transport, queue, target }: SendAgainOptions,
  source: CopySource,
): Promise<number> {
  let count = 0;
  for (let after: number | undefined = 0; after !== undefined; ) {
    const from: number = after;
    const { letters, last }: CopyPage = await messaging.transaction(async (tx) => {
      await lockRestores(tx, queue);
      const page = await source.page(tx, from);
      if (page.letters.length === 0) return page;
      await reachBrokerAmidRestore(
        transport.send(
          page.letters.map(({ envelope, generation }) => ({
            to: { queue: target },
            envelope,
            generation: generation + 1,
          })),
        ),
      );
      await source.sent(
        tx,
        page.letters.map(({ n }) => n),
      );
      return page;
    });
    count += letters.length;
    after = last;
  }
  return count;
}
