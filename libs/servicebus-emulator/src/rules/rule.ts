import type { FilterValue } from './filter-value.js';

/** A named rule of a subscription: which messages it takes and what it changes in its copy. */
export interface Rule {
  readonly name: string;
  readonly filter: Filter;
  /** A rule with an action gives the subscription a copy of its own, changed by the action. */
  readonly action?: SqlAction;
}

/** Decides whether a message belongs to a subscription. */
export type Filter = TrueFilter | FalseFilter | SqlFilter | CorrelationFilter;

/** Takes every message. */
export interface TrueFilter {
  readonly kind: 'true';
}

/** Takes no message. */
export interface FalseFilter {
  readonly kind: 'false';
}

/** Takes the messages for which a SQL-92-like condition is true (neither false nor unknown). */
export interface SqlFilter {
  readonly kind: 'sql';
  /** At most 1,024 characters. */
  readonly expression: string;
  /** Values of the `@name` parameters, keyed with or without the `@`. */
  readonly parameters?: Readonly<Record<string, FilterValue>>;
}

/** Takes the messages that equal every value given here; strings are compared exactly. */
export interface CorrelationFilter {
  readonly kind: 'correlation';
  readonly correlationId?: string;
  readonly messageId?: string;
  readonly to?: string;
  readonly replyTo?: string;
  readonly subject?: string;
  readonly sessionId?: string;
  readonly replyToSessionId?: string;
  readonly contentType?: string;
  /** Application properties, by exact name. */
  readonly properties?: Readonly<Record<string, FilterValue>>;
}

/** What a rule changes in its copy of a message: `SET` and `REMOVE` statements. */
export interface SqlAction {
  /** At most 1,024 characters and 32 statements. */
  readonly expression: string;
  /** Values of the `@name` parameters, keyed with or without the `@`. */
  readonly parameters?: Readonly<Record<string, FilterValue>>;
}

/** The rule every new subscription has until it is given others: it takes every message. */
export const DEFAULT_RULE: Rule = { name: '$Default', filter: { kind: 'true' } };
