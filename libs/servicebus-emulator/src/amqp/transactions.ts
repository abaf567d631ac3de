import { BrokerError } from '../entities/errors.js';

/** What is said to a send or a settlement that is part of a transaction. The engine refuses coordinators itself. */
export function noTransactions(): BrokerError {
  return new BrokerError(
    'amqp:not-implemented',
    'Transactions are not part of this broker: each send and each settlement is by itself.',
  );
}
