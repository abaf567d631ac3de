/** What the gateway was instructed to do to the next requests. */
export interface Instructions {
  /** Waits so long before every answer, in ms. */
  readonly latencyMs: number;
  /** So many of the next charges fail with status 500. */
  readonly failNext: number;
  /** So many of the next charges are declined. */
  readonly declineNext: number;
}

/** What happens to one request for a charge. */
export type Reaction =
  | { readonly kind: 'capture' }
  | { readonly kind: 'decline'; readonly reason: string }
  | { readonly kind: 'fail'; readonly status: 500 | 503 }
  /** The charge is made, but the connection is cut before the answer. */
  | { readonly kind: 'cut' };

const obedient: Instructions = { latencyMs: 0, failNext: 0, declineNext: 0 };

/** Failures that an amount asks for, by its last three digits: how often a key meets them before it is captured. */
const failuresByEnding: Readonly<Record<number, { readonly times: number; readonly reaction: Reaction }>> = {
  500: { times: 1, reaction: { kind: 'fail', status: 500 } },
  502: { times: 1, reaction: { kind: 'cut' } },
  503: { times: 3, reaction: { kind: 'fail', status: 503 } },
};

/** Decides how the gateway treats requests: by its last instructions, else by the amount (docs/payment-gateway.md). */
export class Behaviour {
  #instructions = obedient;
  /** Failures that were dealt to a key already; only keys whose amount asks for failures are in it, and only until they are captured. */
  readonly #dealt = new Map<string, number>();

  get instructions(): Instructions {
    return this.#instructions;
  }

  /** Changes what is given, keeps the rest. */
  instruct(changes: Partial<Instructions>): void {
    this.#instructions = { ...this.#instructions, ...changes };
  }

  reset(): void {
    this.#instructions = obedient;
    this.#dealt.clear();
  }

  /** How to react to the next request with this key. */
  react(idempotencyKey: string, amount: number): Reaction {
    const { failNext, declineNext } = this.#instructions;
    if (failNext > 0) {
      this.instruct({ failNext: failNext - 1 });
      return { kind: 'fail', status: 500 };
    }
    if (declineNext > 0) {
      this.instruct({ declineNext: declineNext - 1 });
      return { kind: 'decline', reason: 'declined-on-request' };
    }
    return this.#byAmount(idempotencyKey, amount % 1_000);
  }

  #byAmount(key: string, ending: number): Reaction {
    if (ending === 402) return { kind: 'decline', reason: 'insufficient-funds' };
    const failure = failuresByEnding[ending];
    const dealt = this.#dealt.get(key) ?? 0;
    if (!failure || dealt >= failure.times) {
      this.#dealt.delete(key);
      return { kind: 'capture' };
    }
    this.#dealt.set(key, dealt + 1);
    return failure.reaction;
  }
}
