/** What a token may allow. */
export const scopes = [
  /** Place and cancel orders. */
  'orders:write',
  /** Read orders. */
  'orders:read',
  /** Use the messaging lab. */
  'lab',
  /** Read what workers know, and look into queues. */
  'ops:read',
  /** See the payloads of messages. */
  'ops:payload',
  /** Replay, pause, resume. */
  'ops:write',
  /** Discard messages. */
  'ops:discard',
] as const;

export type Scope = (typeof scopes)[number];

/** Who may ask for a route. */
export type RouteAccess =
  /** Anybody: health and metrics. */
  | 'public'
  | {
      readonly scope: Scope;
      /** Whether a customer's token is let in as well; it is a person's own, and the route has to respect that. */
      readonly customers: boolean;
    };

/** Who is asking, as a verified token says. */
export interface Caller {
  readonly issuer: string;
  /** The application that got the token: `azp`, `client_id` or `appid`. */
  readonly client: string;
  /** The person or application that it speaks for: `sub`. */
  readonly subject: string;
  readonly scopes: ReadonlySet<string>;
  /** Set for a customer's token: whom it may act for, and nobody else. */
  readonly customerId?: string;
}
