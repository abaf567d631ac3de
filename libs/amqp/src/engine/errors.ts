import type { Draft } from '../codec/composite.js';
import type { AmqpError } from '../codec/states.js';

/** Why something ends: the condition, and a text for people. */
export type ErrorDraft = Draft<AmqpError>;

export const amqpError = (condition: string, description: string): ErrorDraft => ({
  type: 'error',
  condition,
  description,
});

/** The conditions that the engine itself answers with. */
export const CONDITION = {
  notAllowed: 'amqp:not-allowed',
  notFound: 'amqp:not-found',
  notImplemented: 'amqp:not-implemented',
  resourceLimitExceeded: 'amqp:resource-limit-exceeded',
  framingError: 'amqp:connection:framing-error',
  forced: 'amqp:connection:forced',
  windowViolation: 'amqp:session:window-violation',
  handleInUse: 'amqp:session:handle-in-use',
  unattachedHandle: 'amqp:session:unattached-handle',
  transferLimitExceeded: 'amqp:link:transfer-limit-exceeded',
  stolen: 'amqp:link:stolen',
  messageSizeExceeded: 'amqp:link:message-size-exceeded',
} as const;
