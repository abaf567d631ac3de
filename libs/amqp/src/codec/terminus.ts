import { Composite, oneOf, optional, withDefault } from './composite.js';
import { any, boolean, type Fields, fields, symbol, symbols, uint } from './field-types.js';
import { type Outcome, outcome } from './states.js';
import type { AmqpValue } from './value.js';

/** What a source and a target have in common. */
interface Terminus {
  /** As the peer wrote it; nearly always a string. */
  readonly address: AmqpValue | undefined;
  /** 0 nothing, 1 configuration, 2 unsettled state survives. */
  readonly durable: number;
  readonly expiryPolicy: string;
  /** Seconds. */
  readonly timeout: number;
  readonly dynamic: boolean;
  readonly dynamicNodeProperties: Fields | undefined;
}

const terminus = {
  address: optional(any),
  durable: withDefault(uint, 0),
  expiryPolicy: withDefault(symbol, 'session-end'),
  timeout: withDefault(uint, 0),
  dynamic: withDefault(boolean, false),
  dynamicNodeProperties: optional(fields),
} as const;

/** Where messages of a link come from. */
export interface Source extends Terminus {
  readonly type: 'source';
  /** `move` or `copy`. */
  readonly distributionMode: string | undefined;
  readonly filter: Fields | undefined;
  readonly defaultOutcome: Outcome | undefined;
  readonly outcomes: readonly string[] | undefined;
  readonly capabilities: readonly string[] | undefined;
}

export const SOURCE = new Composite<Source>('source', 0x28, {
  ...terminus,
  distributionMode: optional(symbol),
  filter: optional(fields),
  defaultOutcome: optional(outcome),
  outcomes: optional(symbols),
  capabilities: optional(symbols),
});

/** Where messages of a link go. */
export interface Target extends Terminus {
  readonly type: 'target';
  readonly capabilities: readonly string[] | undefined;
}

export const TARGET = new Composite<Target>('target', 0x29, { ...terminus, capabilities: optional(symbols) });

/** The target of a link that begins and ends transactions. */
export interface Coordinator {
  readonly type: 'coordinator';
  readonly capabilities: readonly string[] | undefined;
}

export const COORDINATOR = new Composite<Coordinator>('coordinator', 0x30, { capabilities: optional(symbols) });

export const targetOrCoordinator = oneOf<Target | Coordinator>('target', [TARGET, COORDINATOR]);
