import { isDeepStrictEqual } from 'node:util';
import type { Charge, ChargeOutcome, ChargeRequest } from './charge.js';
import type { ChargeLog } from './charge-log.js';

/** The key was used before for another charge. */
export class KeyReused extends Error {
  override readonly name = 'KeyReused';
}

export interface ChargeTotals {
  readonly captured: number;
  readonly declined: number;
  /** References with more than one captured charge: somebody was charged twice. */
  readonly chargedTwice: readonly string[];
}

/** All charges, each made once for its idempotency key. */
export class Charges {
  readonly #log: ChargeLog;
  readonly #keyLifetimeMs: number;
  readonly #byKey = new Map<string, Charge>();
  readonly #byReference = new Map<string, Charge[]>();
  readonly #underWay = new Map<string, { readonly request: ChargeRequest; readonly charge: Promise<Charge> }>();

  /** @param keyLifetimeMs how long a key replays its answer; afterwards the same key charges again */
  constructor(log: ChargeLog, charges: readonly Charge[], keyLifetimeMs: number) {
    this.#log = log;
    this.#keyLifetimeMs = keyLifetimeMs;
    for (const charge of charges) this.#remember(charge);
  }

  /**
   * The charge of this key: an earlier one, one that is being made right now, or a new one that ends as `end` says.
   * @throws KeyReused when the key stands for another request
   */
  async once(idempotencyKey: string, request: ChargeRequest, end: () => ChargeOutcome): Promise<Charge> {
    const earlier = this.#made(idempotencyKey, request);
    if (earlier) return earlier;
    const underWay = this.#underWay.get(idempotencyKey);
    if (underWay) {
      checkSame(underWay.request, request);
      return underWay.charge;
    }
    const charge = this.#make(idempotencyKey, request, end());
    this.#underWay.set(idempotencyKey, { request, charge });
    try {
      return await charge;
    } finally {
      this.#underWay.delete(idempotencyKey);
    }
  }

  /** The charge made with this key, if there is one and the key has not expired. */
  #made(idempotencyKey: string, request: ChargeRequest): Charge | undefined {
    const charge = this.#byKey.get(idempotencyKey);
    if (!charge || Date.now() - Date.parse(charge.createdAt) >= this.#keyLifetimeMs) return undefined;
    checkSame(charge, request);
    return charge;
  }

  /** Charges of a reference, captured ones first. */
  ofReference(reference: string): readonly Charge[] {
    const charges = this.#byReference.get(reference) ?? [];
    return [...charges].sort((a, b) => Number(b.status === 'captured') - Number(a.status === 'captured'));
  }

  totals(): ChargeTotals {
    const all = [...this.#byReference.values()].flat();
    const captured = all.filter(({ status }) => status === 'captured');
    const chargedTwice = [...this.#byReference]
      .filter(([, charges]) => charges.filter(({ status }) => status === 'captured').length > 1)
      .map(([reference]) => reference);
    return { captured: captured.length, declined: all.length - captured.length, chargedTwice };
  }

  async #make(idempotencyKey: string, request: ChargeRequest, outcome: ChargeOutcome): Promise<Charge> {
    const charge = { ...request, ...outcome, idempotencyKey, createdAt: new Date().toISOString() };
    await this.#log.append(charge);
    this.#remember(charge);
    return charge;
  }

  #remember(charge: Charge): void {
    this.#byKey.set(charge.idempotencyKey, charge);
    this.#byReference.set(charge.reference, [...(this.#byReference.get(charge.reference) ?? []), charge]);
  }
}

function checkSame(earlier: ChargeRequest, { reference, amount, currency }: ChargeRequest): void {
  const before = { reference: earlier.reference, amount: earlier.amount, currency: earlier.currency };
  if (isDeepStrictEqual(before, { reference, amount, currency })) return;
  throw new KeyReused('This idempotency key was used for another charge; use a key that follows from what is charged.');
}
