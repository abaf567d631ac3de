import type { Contract } from '../../src/contract.js';

/** One of the events of an order; its place among them is its number, from 1. */
export interface Step {
  readonly orderId: string;
  readonly number: number;
}

export const stepTaken: Contract<Step> = {
  type: 'step.taken',
  version: 1,
  kind: 'event',
  parse(value) {
    const { orderId, number } = value as Partial<Step>;
    if (typeof orderId === 'string' && typeof number === 'number') return { orderId, number };
    throw new Error('A step needs orderId and number.');
  },
};

/** The queues of the run, both with sessions: what was checked in the first goes on into the second. */
export const queues = ['steps', 'steps-passed-on'] as const;

/** What was handled, without a unique key, so that a second time would show, and the number that was there before. */
export const seenTable = `CREATE TABLE seen (queue text, order_id text, number int, previous int, attempt int);
CREATE INDEX ON seen (queue, order_id)`;
