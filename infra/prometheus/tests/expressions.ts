/** A series that a PromQL expression asks for. */
export interface Selector {
  /** `http_request_duration_seconds_count` */
  readonly metric: string;
  /** What stands between the braces, as label and value. */
  readonly matchers: readonly (readonly [label: string, value: string])[];
  /** Whether a range follows, as `rate` and `increase` need it. */
  readonly overTime: boolean;
}

const KEYWORDS = new Set([
  'and',
  'bool',
  'by',
  'group_left',
  'group_right',
  'ignoring',
  'on',
  'or',
  'unless',
  'without',
]);

/** The series that an expression of our rules asks for; no full parser: promtool checks the grammar. */
export function selectorsOf(expr: string): readonly Selector[] {
  const withoutLists = expr.replaceAll(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, ' ');
  return [...withoutLists.matchAll(/([a-zA-Z_:][\w:]*)\s*(\(|\{[^}]*\})?(\[\w+\])?/g)]
    .filter(([, name = '', after = '']) => after !== '(' && !KEYWORDS.has(name))
    .map(([, metric = '', braces = '', range]) => ({
      metric,
      matchers: [...braces.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].map(
        ([, label = '', value = '']) => [label, value] as const,
      ),
      overTime: range !== undefined,
    }));
}

/** The labels that an aggregation keeps. */
export const groupedBy = (expr: string): readonly string[] =>
  [...expr.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
