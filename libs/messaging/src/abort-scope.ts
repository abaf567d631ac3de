import type { Delivery, DeliverySession } from './transport.js';

/** What is known of a delivery besides its signal. */
export type DeliveryFacts = Omit<Delivery, 'signal'>;

/**
 * What may be aborted once, with a signal that is made when somebody asks for it: nearly every delivery ends before
 * that, and three signals with their listeners were the dearest thing on its way.
 */
export class AbortScope {
  #within: AbortScope | AbortSignal | undefined;
  #controller: AbortController | undefined;
  #listeners: (() => void)[] | undefined;
  #cause: { readonly reason: unknown } | undefined;
  #unfollow: (() => void) | undefined;

  /** @param within what aborts this as well, until {@link detach}; nothing when absent */
  constructor(within?: AbortScope | AbortSignal) {
    this.#within = within;
  }

  get aborted(): boolean {
    return this.#cause !== undefined || this.#within?.aborted === true;
  }

  get reason(): unknown {
    return this.#cause === undefined ? this.#within?.reason : this.#cause.reason;
  }

  /** The same at each call. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      this.#follow();
      if (this.#cause !== undefined) this.#controller.abort(this.#cause.reason);
    }
    return this.#controller.signal;
  }

  /** Has no effect when it is aborted already. */
  abort(reason: unknown): void {
    if (this.#cause !== undefined) return;
    this.#cause = { reason };
    const listeners = this.#listeners;
    this.#listeners = undefined;
    this.#controller?.abort(reason);
    if (listeners !== undefined) for (const listener of listeners) listener();
  }

  /** Calls `listener` once when this is aborted, at once when it is already, unless {@link offAbort} came before. */
  onAbort(listener: () => void): void {
    this.#follow();
    if (this.#cause === undefined) (this.#listeners ??= []).push(listener);
    else listener();
  }

  /** Calls `listener` no more. */
  offAbort(listener: () => void): void {
    const listeners = this.#listeners;
    if (listeners?.at(-1) === listener) listeners.pop();
    else listeners?.splice(listeners.indexOf(listener) >>> 0, 1);
  }

  /** What it is within aborts it no more. */
  detach(): void {
    if (this.#within?.aborted === true) this.abort(this.#within.reason);
    this.#unfollow?.();
    this.#within = undefined;
  }

  /** Only from when somebody would notice. */
  #follow(): void {
    const within = this.#within;
    if (within === undefined || this.#unfollow !== undefined) return;
    const abort = (): void => this.abort(within.reason);
    if (within.aborted) return abort();
    if (within instanceof AbortScope) {
      within.onAbort(abort);
      this.#unfollow = () => within.offAbort(abort);
    } else {
      within.addEventListener('abort', abort, { once: true });
      this.#unfollow = () => within.removeEventListener('abort', abort);
    }
  }
}

/** The signal is a property of its own, so that a copy (`{ ...delivery }`) has it, as a signal that is made by then. */
class ScopedDelivery implements DeliveryFacts {
  static readonly #lazySignal: PropertyDescriptor & ThisType<ScopedDelivery> = {
    enumerable: true,
    get() {
      return this.#scope.signal;
    },
  };
  readonly #scope: AbortScope;
  readonly envelope: DeliveryFacts['envelope'];
  readonly queue: string;
  readonly attempt: number;
  readonly unsettled: number;
  declare readonly unsettledAlone?: number;
  declare readonly firstFailure?: string;
  declare readonly maxAttempts?: number;
  declare readonly session?: DeliverySession;
  declare readonly occupied?: (until: Promise<unknown>) => void;

  constructor(facts: DeliveryFacts, scope: AbortScope) {
    this.#scope = scope;
    this.envelope = facts.envelope;
    this.queue = facts.queue;
    this.attempt = facts.attempt;
    this.unsettled = facts.unsettled;
    if (facts.unsettledAlone !== undefined) this.unsettledAlone = facts.unsettledAlone;
    if (facts.firstFailure !== undefined) this.firstFailure = facts.firstFailure;
    if (facts.maxAttempts !== undefined) this.maxAttempts = facts.maxAttempts;
    if (facts.session !== undefined) this.session = facts.session;
    if (facts.occupied !== undefined) this.occupied = facts.occupied;
    Object.defineProperty(this, 'signal', ScopedDelivery.#lazySignal);
  }

  static scopeOf(delivery: object): AbortScope | undefined {
    return #scope in delivery ? delivery.#scope : undefined;
  }
}

/** The delivery of `facts` and nothing else, whose signal is that of `scope`. */
export function newDelivery(scope: AbortScope, facts: DeliveryFacts): Delivery {
  return new ScopedDelivery(facts, scope) as object as Delivery;
}

/** The delivery whose signal is that of `scope`. What a middleware has added to it comes along. */
export function deliveryIn(scope: AbortScope, facts: DeliveryFacts): Delivery {
  const scoped = newDelivery(scope, facts);
  if (ScopedDelivery.scopeOf(facts) === undefined) {
    for (const name of Object.keys(facts)) {
      if (!(name in scoped)) Object.assign(scoped, { [name]: facts[name as never] });
    }
  }
  return scoped;
}

/** What aborts a delivery, and the delivery with it: as it is when it was made by {@link deliveryIn}. */
export function inScope(delivery: Delivery): { readonly scope: AbortScope; readonly delivery: Delivery } {
  const own = ScopedDelivery.scopeOf(delivery);
  if (own !== undefined) return { scope: own, delivery };
  const scope = new AbortScope(delivery.signal);
  return { scope, delivery: deliveryIn(scope, delivery) };
}

/** A scope that is aborted with the delivery, until it is detached, and may be alone. */
export function scopeWithin(delivery: Delivery): AbortScope {
  return new AbortScope(ScopedDelivery.scopeOf(delivery) ?? delivery.signal);
}
