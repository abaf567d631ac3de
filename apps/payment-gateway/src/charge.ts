import { z } from 'zod';

export const chargeRequest = z.strictObject({
  /** What the charge is for; charges are found by it. */
  reference: z.string().min(1, 'must not be empty').max(100, 'must have at most 100 characters'),
  /** Minor units of `currency`. */
  amount: z.int('must be a whole number of minor units').min(0, 'must not be negative'),
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be three capital letters, for example EUR'),
});

export type ChargeRequest = z.infer<typeof chargeRequest>;

/** How a charge ended. */
export type ChargeOutcome =
  | { readonly status: 'captured'; readonly chargeId: string }
  | { readonly status: 'declined'; readonly reason: string };

/** A charge that ended, as it is kept. */
export type Charge = ChargeRequest &
  ChargeOutcome & {
    readonly idempotencyKey: string;
    /** ISO 8601 in UTC. */
    readonly createdAt: string;
  };
