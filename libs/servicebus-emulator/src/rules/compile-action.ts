import { FilterError } from './errors.js';
import { type FilterInput, findSystemProperty, type NewId, type SettableType } from './filter-input.js';
import { type FilterValue, Timespan } from './filter-value.js';
import { type MessageChanges, MessageDraft } from './message-draft.js';
import type { SqlAction } from './rule.js';
import type { PropertyNode, Statement } from './sql/ast.js';
import { compileExpression } from './sql/compile-expression.js';
import { typeName } from './sql/operators.js';
import { parseAction } from './sql/parse-action.js';
import { RuleContext } from './sql/rule-context.js';

/**
 * Runs the statements in order, each seeing what those before it changed. The message itself is
 * left alone: the changes are returned.
 * @throws FilterError when a statement cannot be evaluated on this message.
 */
export type CompiledAction = (input: FilterInput, newId: NewId) => MessageChanges;

type Step = (draft: MessageDraft, newId: NewId) => void;
type Assign = (draft: MessageDraft, value: FilterValue) => void;

/**
 * Compiles an action, once; the result is called for every message that its rule takes.
 * @throws RuleSyntaxError when the SQL is not valid, naming the place and what was expected there.
 */
export function compileAction(action: SqlAction): CompiledAction {
  const context = new RuleContext(action.expression, action.parameters);
  const steps = parseAction(context.text).map((statement) => compileStatement(statement, context));
  return (input, newId) => {
    const draft = new MessageDraft(input);
    for (const step of steps) {
      step(draft, newId);
    }
    return draft.changes;
  };
}

function compileStatement(statement: Statement, context: RuleContext): Step {
  const { property } = statement;
  if (statement.kind === 'set') {
    const evaluate = compileExpression(statement.value, context);
    const assign = compileAssignment(property);
    return (draft, newId) => assign(draft, evaluate(draft, newId));
  }
  if (property.scope === 'user') {
    return (draft) => draft.removeUser(property.name);
  }
  const assign = compileAssignment(property);
  return (draft) => assign(draft, null);
}

function compileAssignment({ scope, name }: PropertyNode): Assign {
  if (scope === 'user') {
    return (draft, value) => draft.setUser(name, value);
  }
  const info = findSystemProperty(name);
  if (info?.settable === undefined) {
    throw new TypeError(`the parser lets only settable system properties through, not ${name}`);
  }
  const { property, settable } = info;
  if (property === 'scheduledEnqueueTimeUtc') {
    // Documented: the message is already in the subscription, so scheduling it has no effect.
    return () => undefined;
  }
  return (draft, value) => {
    if (value !== null && !isOfType(value, settable)) {
      throw new FilterError(`the system property ${name} takes a ${settable}, not ${typeName(value)}`);
    }
    draft.setSystem(property, value);
  };
}

function isOfType(value: FilterValue, type: SettableType): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'timespan':
      return value instanceof Timespan;
    case 'timestamp':
      return value instanceof Date;
  }
}
