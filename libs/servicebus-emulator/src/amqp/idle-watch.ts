import type { Clock } from '../clock.js';
import { BrokerError } from '../entities/errors.js';
import { Alarm } from './alarm.js';

const MINUTE = 60_000;

/**
 * How long Azure bears clients that do nothing, in ms (Learn, "AMQP errors in Azure Service Bus"; for the token, "AMQP
 * 1.0 protocol guide").
 */
export const PATIENCE = Object.freeze({
  /** With a link on which nothing is sent or received. */
  link: 10 * MINUTE,
  /** With a connection whose links are all gone. */
  connection: 5 * MINUTE,
  /** With a new connection, until its first link. */
  firstLink: MINUTE,
  /** With a new connection, until its first token, where tokens are required. */
  token: 20_000,
});

/**
 * When the clock was moved over such a moment, a client gets this long to do something, in ms: whoever moves half an
 * hour ahead and sends must not meet the end of his link.
 */
const GRACE = 1_000;

/** A link by which messages go. */
export interface UsedLink {
  readonly name: string;
  /** When it was last used, ms since 1970. */
  readonly usedAt: number;
  /** Whether its client waits for messages: then it is in use now. */
  readonly waiting: boolean;
}

export interface IdleWatchOptions {
  readonly clock: Clock;
  /** Whether the client has yet to show a token. */
  readonly awaitsToken: () => boolean;
  readonly detach: (link: UsedLink, error: BrokerError) => void;
  readonly close: (error: BrokerError) => void;
}

/** Sends a client away that does nothing, by the broker's time. Clients of Azure expect that, and come back. */
export class IdleWatch {
  readonly #options: IdleWatchOptions;
  readonly #links = new Map<object, Alarm | undefined>();
  readonly #unused = this.#alarm(() => this.#closeUnused(this.#hadLinks ? PATIENCE.connection : PATIENCE.firstLink));
  readonly #token: Alarm;
  #hadLinks = false;

  /** Begins with the connection. */
  constructor(options: IdleWatchOptions) {
    this.#options = options;
    this.#token = this.#alarm(() => {
      if (options.awaitsToken()) options.close(noToken());
    });
    this.#set(this.#unused, PATIENCE.firstLink);
    if (options.awaitsToken()) this.#set(this.#token, PATIENCE.token);
  }

  /** @param link undefined for a link that serves requests, which keeps its connection but is never idle itself */
  opened(key: object, link: UsedLink | undefined): void {
    this.#hadLinks = true;
    this.#options.clock.timers.cancel(this.#unused);
    const alarm = link && this.#alarm((now) => this.#check(key, link, now));
    this.#cancel(this.#links.get(key));
    this.#links.set(key, alarm);
    this.#set(alarm, PATIENCE.link);
  }

  closed(key: object, now = this.#options.clock.now()): void {
    this.#cancel(this.#links.get(key));
    if (!this.#links.delete(key) || this.#links.size > 0) return;
    this.#options.clock.timers.schedule(this.#unused, now + PATIENCE.connection);
  }

  /** The connection is over: nothing of it happens any more. */
  end(): void {
    for (const alarm of [...this.#links.values(), this.#unused, this.#token]) this.#cancel(alarm);
    this.#links.clear();
  }

  #check(key: object, link: UsedLink, now: number): void {
    const alarm = this.#links.get(key);
    const idleFrom = link.waiting ? now : link.usedAt;
    if (alarm && idleFrom + PATIENCE.link > now) {
      return this.#options.clock.timers.schedule(alarm, idleFrom + PATIENCE.link);
    }
    this.#options.detach(link, idleLink(link));
    // Gone at this moment, whenever the client confirms it: an hour that is skipped leaves the same behind.
    this.closed(key, now);
  }

  #alarm(ring: (now: number) => void): Alarm {
    const alarm = new Alarm((now) => {
      const { clock } = this.#options;
      if (clock.now() - now <= GRACE) ring(now);
      else this.#set(alarm, GRACE);
    });
    return alarm;
  }

  #closeUnused(ms: number): void {
    this.#options.close(
      new BrokerError(
        'amqp:connection:forced',
        `The connection was closed by the broker because it did not have any active links in the past ${ms} milliseconds.`,
      ),
    );
  }

  #set(alarm: Alarm | undefined, ms: number): void {
    const { clock } = this.#options;
    if (alarm) clock.timers.schedule(alarm, clock.now() + ms);
  }

  #cancel(alarm: Alarm | undefined): void {
    if (alarm) this.#options.clock.timers.cancel(alarm);
  }
}

function idleLink({ name }: UsedLink): BrokerError {
  return new BrokerError(
    'amqp:link:detach-forced',
    `The link '${name}' is force detached by the broker because it was not used. Idle timeout: 00:10:00.`,
  );
}

function noToken(): BrokerError {
  return new BrokerError(
    'amqp:connection:forced',
    `The connection was closed by the broker because it got no valid token at $cbs within ${PATIENCE.token} milliseconds.`,
  );
}
