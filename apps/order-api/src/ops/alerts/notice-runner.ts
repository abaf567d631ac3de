import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { reasonOf } from '../reason-of.js';
import { endNotice, markLogged, nextNotice, type Notice, putOff } from './notice-store.js';
import { postWebhook, type Webhook } from './webhook.js';

/** Where the lines about alerts go. */
export interface NoticeLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface NoticeRunnerOptions {
  readonly database: SqlTransaction;
  readonly log: NoticeLog;
  /** Absent where a line in the log is all. */
  readonly webhook: Webhook | undefined;
  /** Milliseconds since 1970; the machine's by default. */
  readonly now?: () => number;
  /** From 0 to 1; `Math.random` by default. */
  readonly random?: () => number;
}

/** Notices of one step, so that a webhook that takes its time does not keep a leader from ending. */
const mostAtOnce = 20;
const backoff = { firstMs: 1_000, mostMs: 600_000 };
/** After how long a receiver is not tried any more, in milliseconds: a day. */
const giveUpAfterMs = 86_400_000;

/**
 * Tells what has to be told of alerts: each in the log, and to the webhook until that takes it. All it knows is in the
 * database, so a successor goes on where a killed leader ended; what was told and not recorded is told again, with the
 * same id.
 */
export class NoticeRunner {
  readonly #options: NoticeRunnerOptions;

  constructor(options: NoticeRunnerOptions) {
    this.#options = options;
  }

  /** Tells what is due now. Rejects when the database does not answer. */
  async step(signal: AbortSignal): Promise<void> {
    for (let count = 0; count < mostAtOnce && !signal.aborted; count += 1) {
      const notice = await nextNotice(this.#options.database);
      if (notice === undefined) return;
      await this.#tell(notice, signal);
    }
  }

  async #tell(notice: Notice, signal: AbortSignal): Promise<void> {
    const { database, log, webhook } = this.#options;
    const { id, what, body, loggedAt } = notice;
    if (loggedAt === null) {
      const message = what === 'opened' ? 'an alert began' : 'an alert ended';
      log.warn({ notice: id, alert: body.data }, message);
      await markLogged(database, id);
    }
    if (webhook === undefined) return endNotice(database, id, 'logged');
    await this.#post(webhook, notice, signal);
  }

  async #post(webhook: Webhook, notice: Notice, signal: AbortSignal): Promise<void> {
    const { database, log, now = Date.now, random = Math.random } = this.#options;
    const { id, body, attempts, ageMs } = notice;
    try {
      await postWebhook(webhook, { id, body: JSON.stringify(body) }, { now, signal });
    } catch (error) {
      // Whoever leads next tells it; this one may not say any more how it went.
      if (signal.aborted) return;
      const why = reasonOf(error);
      if (ageMs >= giveUpAfterMs) {
        log.error({ notice: id, why }, 'the webhook did not take a notice for a day; it is not told again');
        return endNotice(database, id, 'given-up');
      }
      const delayMs = Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(attempts, 20));
      log.warn({ notice: id, attempts: attempts + 1, why }, 'the webhook did not take a notice; it is told again');
      return putOff(database, id, why, delayMs * (0.5 + random() / 2));
    }
    await endNotice(database, id, 'delivered');
  }
}
