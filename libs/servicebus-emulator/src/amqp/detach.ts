import type { BrokerError } from '../entities/errors.js';
import { amqpError } from './amqp-error.js';
import type { LinkInternals, SessionInternals } from './rhea-internals.js';

/**
 * Tells a client what became of its messages so far, without waiting for its pause. Before a link or connection ends:
 * after that, what was accepted looks failed, and is sent once more.
 */
export function answerEverything({ incoming, outgoing }: SessionInternals): void {
  incoming.writeAnswers();
  outgoing.writeAnswers();
}

/** Ends a client's link. @param error why */
export function detach(link: LinkInternals, error: BrokerError): void {
  answerEverything(link.session);
  link.close(amqpError(error));
}
