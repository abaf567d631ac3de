import type { FilterValue } from '../filter-value.js';

/** Where a property is looked up; `user` when a rule does not say. */
type Scope = 'sys' | 'user';

export type ComparisonOperator = '=' | '<>' | '>' | '>=' | '<' | '<=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

/** `[scope.]name` */
export interface PropertyNode {
  readonly kind: 'property';
  readonly scope: Scope;
  readonly name: string;
  readonly offset: number;
}

/** Yields a value, or unknown. */
export type Expression =
  | PropertyNode
  | { readonly kind: 'constant'; readonly value: FilterValue; readonly offset: number }
  | { readonly kind: 'parameter'; readonly name: string; readonly offset: number }
  | { readonly kind: 'newid'; readonly offset: number }
  | { readonly kind: 'named'; readonly name: Expression; readonly offset: number }
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: Expression; readonly offset: number }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly offset: number;
    };

/** Yields true, false or unknown. */
export type Predicate =
  | { readonly kind: 'not'; readonly operand: Predicate; readonly offset: number }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Predicate[]; readonly offset: number }
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly offset: number;
    }
  | { readonly kind: 'is-null'; readonly operand: Expression; readonly negated: boolean; readonly offset: number }
  | {
      readonly kind: 'in';
      readonly operand: Expression;
      readonly candidates: readonly Expression[];
      readonly negated: boolean;
      readonly offset: number;
    }
  | {
      readonly kind: 'like';
      readonly operand: Expression;
      readonly pattern: Expression;
      readonly escape?: Expression;
      readonly negated: boolean;
      readonly offset: number;
    }
  | { readonly kind: 'exists'; readonly property: PropertyNode; readonly offset: number };

/** One statement of an action. */
export type Statement =
  | { readonly kind: 'set'; readonly property: PropertyNode; readonly value: Expression; readonly offset: number }
  | { readonly kind: 'remove'; readonly property: PropertyNode; readonly offset: number };
