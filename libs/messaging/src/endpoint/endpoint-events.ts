import type { BreakerState } from './type-breaker.js';

/** Why an endpoint is paused. */
export interface Pause {
  /** What is away, by its name; `manual` for a pause that somebody ordered, `locks` after locks were lost in bulk. */
  readonly dependency: string;
  /** For people. */
  readonly detail: string;
  /** Since when. */
  readonly since: Date;
}

/** What an endpoint reports, for logs. */
export type EndpointEvent =
  | { readonly kind: 'paused'; readonly pause: Pause }
  | { readonly kind: 'resumed'; readonly pause: Pause; readonly pausedMs: number }
  | { readonly kind: 'probe-failed'; readonly pause: Pause; readonly tries: number; readonly nextMs: number }
  | { readonly kind: 'breaker'; readonly type: string; readonly state: BreakerState }
  | { readonly kind: 'isolated'; readonly messageId: string; readonly type: string; readonly unsettled: number };
