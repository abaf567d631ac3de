import { DependencyAwayError, PermanentError } from '../errors.js';

/**
 * What a failure is: `transient` may succeed when tried again, `permanent` never will, `dependency-away` is no fault of
 * the message: something it needs cannot be reached.
 */
export type FailureKind = 'transient' | 'permanent' | 'dependency-away';

/** A class of errors, for `instanceof`. */
// biome-ignore lint/suspicious/noExplicitAny: an error's constructor may take anything
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type ErrorClass = abstract new (...args: any[]) => Error;

/** Says what some errors are. */
export interface FailureRule {
  /** A class that extends `Error`, the value of an error's `code`, or a predicate. */
  readonly when: ErrorClass | { readonly code: string } | ((error: unknown) => boolean);
  readonly is: FailureKind;
  /** What is away, for `dependency-away`; `unknown` when absent. */
  readonly dependency?: string;
}

/** A failure by its kind, and for `dependency-away` what is away. */
export interface Failure {
  readonly kind: FailureKind;
  readonly dependency?: string;
  /** How long the dependency asked to be left alone, in ms. */
  readonly retryAfterMs?: number;
}

/** The kind of an error; see {@link assess}. */
export function classify(rules: readonly FailureRule[], error: unknown): FailureKind {
  return assess(rules, error).kind;
}

/** The first rule that matches decides, then {@link DependencyAwayError}, then {@link PermanentError}; else transient. */
export function assess(rules: readonly FailureRule[], error: unknown): Failure {
  const rule = rules.find(({ when }) => matches(when, error));
  if (rule && rule.is !== 'dependency-away') return { kind: rule.is };
  if (!rule && !(error instanceof DependencyAwayError)) {
    return { kind: error instanceof PermanentError ? 'permanent' : 'transient' };
  }
  const away = error instanceof DependencyAwayError ? error : undefined;
  const { retryAfterMs } = away ?? {};
  return {
    kind: 'dependency-away',
    dependency: rule?.dependency ?? away?.dependency ?? 'unknown',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function matches(when: FailureRule['when'], error: unknown): boolean {
  if (typeof when !== 'function') return (error as { code?: unknown } | null | undefined)?.code === when.code;
  return isErrorClass(when) ? error instanceof when : when(error);
}

function isErrorClass(when: ErrorClass | ((error: unknown) => boolean)): when is ErrorClass {
  return when === Error || (when as ErrorClass).prototype instanceof Error;
}
