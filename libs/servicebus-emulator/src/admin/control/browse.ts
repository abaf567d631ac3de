import type { BrokerCore } from '../../broker-core.js';
import { parseAddress } from '../../entities/entity-path.js';
import { BrokerError } from '../../entities/errors.js';
import { describeMessage, type MessagePage } from './describe-message.js';

const DEFAULT_TOP = 50;
const MAX_TOP = 1_000;

/**
 * The messages of an entity or one of its dead-letter queues, in any state, without locking them: `?from=` is the first
 * sequence number, `?top=` how many.
 * @param address `orders`, `orders/$DeadLetterQueue`, `events/Subscriptions/billing/$DeadLetterQueue`
 * @throws BrokerError when there is no such entity
 */
export function browse({ namespace }: BrokerCore, address: string, query: URLSearchParams): readonly MessagePage[] {
  const { entity: path, subQueue } = parseAddress(address);
  const entity = namespace.registry.get(path);
  const queue = entity.kind === 'topic' ? entity.main : entity[subQueue];
  const top = Math.min(wholeNumber(query, 'top', DEFAULT_TOP), MAX_TOP);
  const pages: MessagePage[] = [];
  for (const message of queue.from(wholeNumber(query, 'from', 0))) {
    if (pages.length >= top) break;
    pages.push(describeMessage(message, queue.lockedUntil(message)));
  }
  return pages;
}

function wholeNumber(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name);
  if (text === null) return otherwise;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new BrokerError('com.microsoft:argument-error', `${name} must be a whole number, not '${text}'.`);
}
