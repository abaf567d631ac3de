import type { ZodType } from 'zod';
import { ContractViolation } from './contract-violation.js';

/** What a message of one type and version looks like. */
export interface Contract<T> {
  /** Dotted name, for example `order.place`. */
  readonly type: string;
  /** 1 and up; 0 is the shape messages had before they carried a version. */
  readonly version: number;
  /** A command asks one receiver to act; an event informs every subscriber of what happened. */
  readonly kind: 'command' | 'event';
  /** The typed payload, without unknown fields and with its fields in the schema's order. Throws {@link ContractViolation}. */
  parse(value: unknown): T;
  /** Version 0 only: the message's id, where the body is the one to carry it. */
  messageId?(payload: T): string;
  /** Version 0 only: what the message is ordered by, likewise. */
  orderingKey?(payload: T): string;
  /**
   * What of a payload is about a person: people who look into queues do not see it. Paths with dots, `*` for every entry
   * of a list; nothing when absent.
   */
  readonly sensitive?: readonly string[];
  /** How to read this version as the next one. */
  readonly upcast?: Upcast<T>;
}

/** The step from one version of a contract to the next. */
export interface Upcast<T> {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly to: Contract<any>;
  /** The payload as `to` has it. May throw {@link ContractViolation}; the result is still to be parsed by `to`. */
  convert(payload: T): unknown;
}

/** A contract together with the schema it was made of, for documentation and for request bodies that reuse it. */
export interface SchemaContract<T> extends Contract<T> {
  readonly schema: ZodType<T>;
}

/** Everything of a contract except `parse`, which its schema supplies. */
type ContractDefinition<T> = Omit<SchemaContract<T>, 'parse'>;

/** Makes a contract of a schema. */
export function defineContract<T>(definition: ContractDefinition<T>): SchemaContract<T> {
  return Object.freeze({
    ...definition,
    parse(value: unknown): T {
      const result = definition.schema.safeParse(value);
      if (result.success) return result.data;
      throw ContractViolation.fromIssues(definition, result.error.issues);
    },
  });
}
