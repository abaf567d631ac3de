import type { IncomingMessage } from '../codec/read-message.js';
import type { Source, SubQueues, Target } from './entity.js';
import { BrokerError, entityDisabled, entityNotFound, quotaExceeded } from './errors.js';
import type { RoutedMessage } from './routed-message.js';
import { sizeInMegabytes } from './options.js';
import { type DeadLetterCause, tooManyHops } from './dead-letter-cause.js';
import { sizeOf } from '../message.js';

/** Azure's limit of entities a message is forwarded through. */
const MAX_HOPS = 4;

/** @throws BrokerError when the entity does not take these messages from a client */
export function checkSend(target: Target, messages: readonly IncomingMessage[]): void {
  const { options, path } = target;
  if (options.status === 'Disabled' || options.status === 'SendDisabled') throw entityDisabled(path);
  let added = 0;
  for (const { content } of messages) added += sizeOf(content);
  const limit = sizeInMegabytes(options) * 1024 * 1024;
  const bytes = bytesOf(target);
  if (bytes + added > limit) throw quotaExceeded(path, bytes, limit);
  const mustHaveSession = target.kind === 'queue' && target.options.requiresSession;
  if (mustHaveSession && messages.some(({ sessionId }) => sessionId === undefined)) {
    throw new BrokerError(
      'amqp:not-allowed',
      'The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.',
    );
  }
}

/** @throws BrokerError when the entity hands out no messages */
export function checkReceives({ options, path }: Source): void {
  if (options.status === 'Disabled' || options.status === 'ReceiveDisabled') throw entityDisabled(path);
}

/** What an entity holds, in bytes: a topic holds what its subscriptions do. */
function bytesOf(target: Target): number {
  if (target.kind === 'queue') return bytesOfQueues(target);
  let bytes = target.main.bytes;
  for (const subscription of target.subscriptions.values()) bytes += bytesOfQueues(subscription);
  return bytes;
}

function bytesOfQueues({ main, deadLetters, transferDeadLetters }: SubQueues): number {
  return main.bytes + deadLetters.bytes + transferDeadLetters.bytes;
}

/** Why a message cannot be forwarded; the source dead-letters it then. */
export function refusalToForward(
  source: SubQueues,
  to: string,
  target: Target | undefined,
  routed: RoutedMessage,
): DeadLetterCause | undefined {
  if (routed.hops > MAX_HOPS) return tooManyHops(MAX_HOPS);
  try {
    if (!target) throw entityNotFound(to);
    checkSend(target, [routed]);
    return undefined;
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return {
      reason: error.condition,
      description: `Forwarding from '${source.path}' to '${to}' failed: ${error.message}`,
    };
  }
}
