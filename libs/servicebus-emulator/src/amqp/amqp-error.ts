import type { AmqpError, DeliveryState, Draft, ErrorDraft, Outcome } from '@orderflow/amqp';
import { DecodeError } from '../codec/decode-error.js';
import { BrokerError } from '../entities/errors.js';
import { StoreFullError } from '../entities/events.js';
import { RuleSyntaxError } from '../rules/index.js';

/** What a client is told when something failed; undefined for what is a defect of the broker. */
function knownError(error: unknown): BrokerError | undefined {
  if (error instanceof BrokerError) return error;
  if (error instanceof DecodeError) return new BrokerError('amqp:decode-error', error.message);
  if (error instanceof RuleSyntaxError) return new BrokerError('com.microsoft:argument-error', error.message);
  if (error instanceof StoreFullError) return new BrokerError('amqp:resource-limit-exceeded', error.message);
  return undefined;
}

/** Any error as a broker error. @param unexpected told of an error that is a defect of the broker */
export function toBrokerError(error: unknown, unexpected: (error: unknown) => void): BrokerError {
  const known = knownError(error);
  if (known) return known;
  unexpected(error);
  return new BrokerError('amqp:internal-error', `The broker failed: ${String(error)}`);
}

export function amqpError({ condition, message }: BrokerError): ErrorDraft {
  return { type: 'error', condition, description: message };
}

export const ACCEPTED: Draft<DeliveryState> = Object.freeze({ type: 'accepted' });

/**
 * How a settlement is confirmed: by its own kind, which the client for Java insists on, and by that alone. A rejection
 * that has an error says that the settlement was refused.
 */
export function bare({ type }: Outcome): Draft<DeliveryState> {
  return type === 'accepted' ? ACCEPTED : { type };
}

export function rejected(error: BrokerError): Draft<DeliveryState> {
  return { type: 'rejected', error: amqpError(error) as Draft<AmqpError> };
}
