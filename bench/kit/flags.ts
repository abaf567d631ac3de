import { parseArgs } from 'node:util';

/** What every benchmark takes on its command line. */
export interface Flags<Name extends string> {
  /** Rounds that count: 5, or 2 with `--quick`. */
  readonly rounds: number;
  /** Whether to end with 1 when a goal is missed. */
  readonly check: boolean;
  /** A number, or with `--quick` a tenth of it. */
  size(full: number): number;
  /** A flag of this benchmark. */
  text(name: Name): string | undefined;
  /** The same as a number. */
  count(name: Name): number | undefined;
}

const QUICK_ROUNDS = 2;
const ROUNDS = 5;

/**
 * Reads `--rounds N`, `--quick`, `--check` and the benchmark's own flags, each with a value.
 * @param texts flags that may be anything
 * @param counts flags that are whole numbers, 1 or more
 * @throws TypeError that lists every flag that is not understood
 */
export function readFlags<Name extends string = never>(
  { texts = [], counts = [] }: { readonly texts?: readonly Name[]; readonly counts?: readonly Name[] } = {},
  args: readonly string[] = process.argv.slice(2),
): Flags<Name> {
  const own = [...texts, ...counts].map((name) => [name, { type: 'string' }] as const);
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean' },
      check: { type: 'boolean' },
      ...Object.fromEntries(own),
    },
  });
  const given = values as Readonly<Record<string, string | undefined>>;
  const problems = ['rounds', ...counts].flatMap((name) => {
    const text = given[name];
    return text === undefined || /^[1-9]\d*$/.test(text)
      ? []
      : [`--${name} is a whole number, 1 or more, not '${text}'`];
  });
  if (problems.length > 0) throw new TypeError(`${problems.join('; ')}.`);
  const number = (name: string): number | undefined => (given[name] === undefined ? undefined : Number(given[name]));
  const isQuick = values.quick === true;
  return {
    rounds: number('rounds') ?? (isQuick ? QUICK_ROUNDS : ROUNDS),
    check: values.check === true,
    size: (full) => (isQuick ? Math.ceil(full / 10) : full),
    text: (name) => given[name],
    count: (name) => number(name),
  };
}
