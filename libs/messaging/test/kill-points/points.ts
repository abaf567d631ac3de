import ts from 'typescript';

/**
 * When a fault strikes at an `await`: before its operand is evaluated, during (what it began is on its way and not
 * answered), or after it settled, whether it resolved or rejected.
 */
export type Moment = 'before' | 'during' | 'after';

export const moments: readonly Moment[] = Object.freeze(['before', 'during', 'after']);

/** One `await` of the source. */
export interface AwaitPoint {
  /** Names it for people and for lists of exceptions, whatever moves above it: file, function and operand. */
  readonly name: string;
  /** Relative to the root of the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

export interface Instrumented {
  readonly code: string;
  readonly points: readonly AwaitPoint[];
}

/** The longest operand in a name, in characters. */
const maxOperand = 60;

/**
 * Puts calls of `killPoints` (see `probe.ts`) around every `await` of a TypeScript file. The code is otherwise
 * unchanged, and what resolved needs no more turns than before.
 * @param firstId the id of the file's first point; the following ones count up from it
 * @throws Error for `for await` and `await using`, whose awaits have no place of their own in the text
 */
export function instrument(file: string, source: string, firstId: number): Instrumented {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const points: AwaitPoint[] = [];
  const opening = new Insertions();
  const closing = new Insertions();
  const visit = (node: ts.Node): void => {
    refuseHiddenAwaits(node, file);
    if (!ts.isAwaitExpression(node)) return ts.forEachChild(node, visit);
    const id = firstId + points.length;
    points.push(describe(node, tree, file));
    opening.add(node.getStart(), `(killPoints.before(${id}), killPoints.after(${id}, `);
    opening.add(node.expression.getStart(), `killPoints.during(${id}, `);
    ts.forEachChild(node, visit);
    closing.add(node.getEnd(), ')))');
  };
  visit(tree);
  return { code: insertAll(source, closing, opening), points: withNumbers(points) };
}

/** Texts to insert, by position; those of one position in the order in which they were added. */
class Insertions {
  readonly #texts = new Map<number, string>();

  get positions(): Iterable<number> {
    return this.#texts.keys();
  }

  add(position: number, text: string): void {
    this.#texts.set(position, this.at(position) + text);
  }

  at(position: number): string {
    return this.#texts.get(position) ?? '';
  }
}

function insertAll(source: string, closing: Insertions, opening: Insertions): string {
  const positions = [...new Set([...closing.positions, ...opening.positions])].sort((a, b) => a - b);
  let code = '';
  let last = 0;
  for (const position of positions) {
    code += source.slice(last, position) + closing.at(position) + opening.at(position);
    last = position;
  }
  return code + source.slice(last);
}

function refuseHiddenAwaits(node: ts.Node, file: string): void {
  const isForAwait = ts.isForOfStatement(node) && node.awaitModifier !== undefined;
  const isAwaitUsing =
    ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing;
  if (!isForAwait && !isAwaitUsing) return;
  const { line } = ts.getLineAndCharacterOfPosition(node.getSourceFile(), node.getStart());
  throw new Error(`${file}:${line + 1}: no kill point can be put around a "for await" or an "await using".`);
}

function describe(node: ts.AwaitExpression, tree: ts.SourceFile, file: string): AwaitPoint {
  const { line, character } = tree.getLineAndCharacterOfPosition(node.getStart());
  const operand = node.expression.getText().replace(/\s+/g, ' ');
  const shortened = operand.length > maxOperand ? `${operand.slice(0, maxOperand)}…` : operand;
  const name = `${file} ${functionAround(node)}: await ${shortened}`;
  return { name, file, line: line + 1, column: character + 1 };
}

/** The names of the functions and classes around a node, outermost first. */
function functionAround(node: ts.Node): string {
  const names: string[] = [];
  for (let parent = node.parent; parent !== undefined; parent = parent.parent) {
    const name = (parent as Partial<ts.NamedDeclaration>).name;
    const isNamed = ts.isFunctionLike(parent) || ts.isClassLike(parent) || ts.isVariableDeclaration(parent);
    const isProperty = ts.isPropertyAssignment(parent);
    if ((isNamed || isProperty) && name !== undefined && ts.isMemberName(name)) names.unshift(name.text);
  }
  return names.join('.') || '(top level)';
}

/** Points of equal names get a number, in the order of the text. */
function withNumbers(points: readonly AwaitPoint[]): readonly AwaitPoint[] {
  const seen = new Map<string, number>();
  return points.map((point) => {
    const count = (seen.get(point.name) ?? 0) + 1;
    seen.set(point.name, count);
    return count === 1 ? point : { ...point, name: `${point.name} (${count})` };
  });
}
