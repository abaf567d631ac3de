import type { DeadLetter } from './dead-letters.js';

/** What a dead letter has to be like. What is absent does not matter. */
export interface DeadLetterCriteria {
  /** One of these reasons. */
  readonly reasons?: readonly string[];
  /** One of these types; an empty one stands for letters without a type. */
  readonly types?: readonly string[];
  /** One of these message ids. */
  readonly ids?: readonly string[];
  /** Stored before this moment, by the broker's clock. */
  readonly storedBefore?: Date;
}

/**
 * A filter for letters that meet all of the criteria.
 *
 * @example
 * const filter = matching({ reasons: ['AttemptsExhausted'], storedBefore: new Date(Date.now() - 3_600_000) });
 * await transport.deadLetters.replay('orders', { filter });
 */
export function matching(criteria: DeadLetterCriteria): (letter: DeadLetter) => boolean {
  const { reasons, types, ids, storedBefore } = criteria;
  const among = (values: readonly string[] | undefined): ((value: string) => boolean) => {
    const wanted = new Set(values);
    return (value) => values === undefined || wanted.has(value);
  };
  const [isReason, isType, isId] = [among(reasons), among(types), among(ids)];
  return ({ reason, type, id, enqueuedAt }) =>
    isReason(reason) && isType(type) && isId(id) && (storedBefore === undefined || enqueuedAt < storedBefore);
}
