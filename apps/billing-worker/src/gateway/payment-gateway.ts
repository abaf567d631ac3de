/** What is to be charged. */
export interface ChargeRequest {
  /** The order; the gateway finds a charge by it later. */
  readonly reference: string;
  /** Minor units of `currency`. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

/**
 * How a charge ended for good. Everything else is an error, and tried again. The texts are the provider's: of any length,
 * with any characters; `reason` is empty when it gave none.
 */
export type ChargeOutcome =
  | { readonly status: 'captured'; readonly chargeId: string }
  | { readonly status: 'declined'; readonly reason: string };

/** The outside world of billing: a payment provider that honours idempotency keys. */
export interface PaymentGateway {
  /** Charges once for a key, however often it is asked within the key's lifetime. */
  charge(idempotencyKey: string, request: ChargeRequest, signal: AbortSignal): Promise<ChargeOutcome>;
  /** How the charge of this reference ended, or undefined when there is none. */
  find(reference: string, signal: AbortSignal): Promise<ChargeOutcome | undefined>;
}
