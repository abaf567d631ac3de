import type { EndpointEvent } from '@orderflow/messaging';
import type { Logger } from 'pino';

/** One line for each pause and its end, each failed probe, each change of a breaker, each message that runs alone. */
export function logEndpoint(logger: Logger, queue: string): (event: EndpointEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'paused':
        return logger.warn({ queue, ...event.pause }, 'the queue is paused');
      case 'resumed':
        return logger.info({ queue, ...event.pause, pausedMs: event.pausedMs }, 'the queue is consumed again');
      case 'probe-failed':
        return logger.info({ queue, ...event.pause, tries: event.tries, nextMs: event.nextMs }, 'still away');
      case 'breaker':
        return logger.warn({ queue, type: event.type, state: event.state }, 'the breaker of a message type changed');
      case 'isolated':
        return logger.warn(
          { queue, messageId: event.messageId, type: event.type, unsettled: event.unsettled },
          'a message whose handling ended without a settlement runs alone',
        );
    }
  };
}
