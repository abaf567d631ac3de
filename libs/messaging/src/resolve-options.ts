/**
 * The options with every default filled in, frozen. What is absent has its default, and so has what is given as
 * `undefined`.
 */
export function withDefaults<Options extends object, Key extends keyof Options>(
  options: Options,
  defaults: { readonly [K in Key]-?: NonNullable<Options[K]> },
): Readonly<Omit<Options, Key> & typeof defaults> {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return Object.freeze({ ...defaults, ...given }) as Readonly<Omit<Options, Key> & typeof defaults>;
}

/** The numbers an option may have, both ends included. */
export interface Range {
  readonly min: number;
  /** None when absent. */
  readonly max?: number;
  /** Whole numbers only. */
  readonly whole?: boolean;
}

/** Every option that is out of its range, in words; empty when none is. */
export function rangeProblems<Name extends string>(
  options: Readonly<Record<NoInfer<Name>, number>>,
  ranges: Readonly<Record<Name, Range>>,
): string[] {
  return (Object.entries(ranges) as [Name, Range][]).flatMap(([name, { min, max = Infinity, whole = false }]) => {
    const value = options[name];
    if (value >= min && value <= max && (!whole || Number.isInteger(value))) return [];
    const upTo = max === Infinity ? `${min} or more` : `from ${min} to ${max}`;
    return [`${name} must be ${whole ? 'a whole number ' : ''}${upTo}, not ${value}`];
  });
}
