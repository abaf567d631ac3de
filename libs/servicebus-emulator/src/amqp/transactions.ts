import { BrokerError } from '../entities/errors.js';

/** What is said to a client that asks for a transaction. */
export function noTransactions(): BrokerError {
  return new BrokerError(
    'amqp:not-implemented',
    'Transactions are not part of this broker: each send and each settlement is by itself.',
  );
}
