import type { Channel, ConsumeMessage } from 'amqplib';
import type { DeadLetters, WatchedLetter, WatchOptions } from '../../dead-letter/dead-letters.js';
import { readLetter } from './letter-reader.js';
import { deathHeaders } from './message.js';
import { deadLetterNotices, queueOfDeadLetters } from './topology.js';
import { translateError } from './translate-error.js';

/** Notices in hand, and so in one call, at most. */
const mostAtOnce = 250;
const doing = 'watch for dead letters';

/**
 * Consumes the notices of dead letters until its signal is aborted. One is acknowledged once it was taken; the others come
 * again. Rejects when the channel is lost, and with what `take` rejects with.
 */
export async function watchLetters(
  channel: Channel,
  take: Parameters<NonNullable<DeadLetters['watch']>>[0],
  { signal }: WatchOptions,
): Promise<void> {
  const notices = new Notices();
  const stop = (): void => notices.end();
  channel.on('error', (cause: Error) => notices.lose(cause));
  channel.on('close', () => notices.lose(new Error('Channel closed')));
  signal.addEventListener('abort', stop);
  try {
    await consume(channel, (message) => {
      if (message === null) notices.lose(new Error('Channel closed: RabbitMQ ended its consumer'));
      else notices.add(message);
    });
    if (signal.aborted) return;
    for (let some = await notices.next(); some.length > 0; some = await notices.next()) {
      await take(some.flatMap(letterOf));
      if (!notices.isLost) channel.ack(some.at(-1) as ConsumeMessage, true);
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function consume(channel: Channel, onMessage: (message: ConsumeMessage | null) => void): Promise<void> {
  try {
    await channel.prefetch(mostAtOnce);
    await channel.consume(deadLetterNotices, onMessage);
  } catch (error) {
    throw translateError(error, doing);
  }
}

/** What somebody else put there is no letter of ours, and is left out. */
function letterOf(message: ConsumeMessage): readonly WatchedLetter[] {
  const queue = queueOfDeadLetters(message.fields.routingKey);
  const place: unknown = message.properties.headers?.[deathHeaders.place];
  if (queue === undefined || typeof place !== 'string') return [];
  return [{ queue, letter: readLetter(message, { queue, place }).letter }];
}

/** What arrived and was not taken yet: as many as the broker hands out without an answer. */
class Notices {
  #arrived: ConsumeMessage[] = [];
  #news = Promise.withResolvers<void>();
  #isEnded = false;
  #cause: Error | undefined;

  /** Whether nothing can be acknowledged any more. */
  get isLost(): boolean {
    return this.#cause !== undefined;
  }

  add(message: ConsumeMessage): void {
    this.#arrived.push(message);
    this.#news.resolve();
  }

  end(): void {
    this.#isEnded = true;
    this.#news.resolve();
  }

  lose(cause: Error): void {
    this.#cause ??= cause;
    this.#news.resolve();
  }

  /** All that arrived, once there is something; none at the end. Rejects when the channel was lost. */
  async next(): Promise<readonly ConsumeMessage[]> {
    await this.#news.promise;
    if (this.#cause !== undefined) throw translateError(this.#cause, doing);
    if (this.#isEnded) return [];
    const arrived = this.#arrived;
    this.#arrived = [];
    this.#news = Promise.withResolvers();
    return arrived;
  }
}
