import { isList, isObject, type TerraformValue, Unknown } from './dynamic-value.ts';
import { VALUE_RULES } from './value-rule-table.ts';

export interface Violation {
  /** Where, as `template.container.cpu`; list positions are left out. */
  readonly path: string;
  readonly problem: string;
}

/** Checks one resource's configuration against the table; unknown and unset values pass. */
export function findViolations(resource: string, config: TerraformValue): readonly Violation[] {
  const rules = VALUE_RULES[resource] ?? {};
  return Object.entries(rules).flatMap(([path, rule]) =>
    valuesAt(config, path === '' ? [] : path.split('.')).flatMap((value) => {
      const problem = rule(value);
      return problem === undefined ? [] : [{ path, problem }];
    }),
  );
}

function valuesAt(value: TerraformValue, path: readonly string[]): readonly TerraformValue[] {
  if (value === null || value instanceof Unknown) return [];
  if (isList(value)) return value.flatMap((element) => valuesAt(element, path));
  const [first, ...rest] = path;
  if (first === undefined) return [value];
  return isObject(value) ? valuesAt(value[first] ?? null, rest) : [];
}
