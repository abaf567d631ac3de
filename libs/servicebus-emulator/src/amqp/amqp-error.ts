import rhea from 'rhea';
import { DecodeError } from '../codec/decode-error.js';
import { BrokerError, type ErrorCondition } from '../entities/errors.js';
import { StoreFullError } from '../entities/events.js';
import { RuleSyntaxError } from '../rules/index.js';
import type { AmqpErrorFields } from './rhea-internals.js';

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

export function amqpError({ condition, message }: BrokerError): AmqpErrorFields {
  return { condition, description: message };
}

interface Outcomes {
  accepted(): { described(): unknown };
  rejected(fields: { error: { condition: ErrorCondition; description: string } }): { described(): unknown };
}

const outcomes = rhea.message as unknown as Outcomes;

/** The outcome "accepted", written the same every time. */
export const ACCEPTED = outcomes.accepted().described();

export function rejected({ condition, message }: BrokerError): unknown {
  return outcomes.rejected({ error: { condition, description: message } }).described();
}
