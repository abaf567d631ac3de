import ts from 'typescript';
import { productionFiles, read, sourceFiles } from './source-tree.js';

/** Names that others rely on: stored data, other programs, dashboards, scripts. They outlive any renaming inside. */
export interface PublicNames {
  /** Application properties and annotations of messages. */
  readonly wireNames: readonly string[];
  /** Codes of errors and dead-letter reasons. */
  readonly codes: readonly string[];
  readonly metrics: readonly string[];
  readonly environmentVariables: readonly string[];
  /** Commands, arguments and options of the command lines. */
  readonly commandLine: readonly string[];
  /** `table.column type …`, from every migration. */
  readonly columns: readonly string[];
  /** What the broker's journal is written with: event tags and states, in their order. */
  readonly journal: readonly string[];
}

const wireName = /^(messaging_|cloudEvents[_:]|DeadLetter|x-opt-|com\.microsoft:|traceparent$)/;
const metricName = /^(orderflow|http)_[a-z_]+$/;
const errorClasses = /^(PermanentError|TransportError|Problem)$/;
const optionCalls = new Set(['command', 'argument', 'option', 'requiredOption']);

/** Reads them out of the source files, so that no program has to run. */
export function collectPublicNames(): PublicNames {
  const found = {
    wireNames: new Set<string>(),
    codes: new Set<string>(),
    metrics: new Set<string>(),
    commandLine: new Set<string>(),
  };
  for (const file of productionFiles().filter((path) => /^(apps|libs)\//.test(path))) {
    const collect = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node)) collectText(node, found);
      if (ts.isNewExpression(node)) collectError(node.expression.getText(), node.arguments, found.codes);
      if (ts.isClassLike(node)) collectErrorClass(node, found.codes);
      if (ts.isCallExpression(node)) collectOption(node, file, found.commandLine);
      ts.forEachChild(node, collect);
    };
    collect(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true));
  }
  return {
    wireNames: sorted(found.wireNames),
    codes: sorted(found.codes),
    metrics: sorted(found.metrics),
    environmentVariables: environmentVariables(),
    commandLine: sorted(found.commandLine),
    columns: columns(),
    journal: journal(),
  };
}

interface Found {
  readonly wireNames: Set<string>;
  readonly codes: Set<string>;
  readonly metrics: Set<string>;
}

function collectText(node: ts.StringLiteralLike, { wireNames, codes, metrics }: Found): void {
  if (ts.isImportDeclaration(node.parent)) return;
  if (wireName.test(node.text)) wireNames.add(node.text);
  if (metricName.test(node.text)) metrics.add(node.text);
  const isReason = ts.isPropertyAssignment(node.parent) && node.parent.name.getText() === 'reason';
  if (isReason) codes.add(`reason ${node.text}`);
}

/** The first literal among the arguments: a code stands before its message. */
function collectError(name: string, given: readonly ts.Expression[] | undefined, codes: Set<string>): void {
  const code = given?.find(ts.isStringLiteralLike);
  if (errorClasses.test(name) && code) codes.add(`${name} ${code.text}`);
}

/** An error of its own kind gives its code to the class that it extends. */
function collectErrorClass(node: ts.ClassLikeDeclaration, codes: Set<string>): void {
  const base = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
  if (!base) return;
  const collect = (child: ts.Node): void => {
    const isSuper = ts.isCallExpression(child) && child.expression.kind === ts.SyntaxKind.SuperKeyword;
    if (isSuper) collectError(base.expression.getText(), child.arguments, codes);
    ts.forEachChild(child, collect);
  };
  collect(node);
}

function collectOption({ expression, arguments: given }: ts.CallExpression, file: string, options: Set<string>): void {
  const first = given[0];
  if (!ts.isPropertyAccessExpression(expression) || !first || !ts.isStringLiteralLike(first)) return;
  if (!optionCalls.has(expression.name.text) || !/cli\/|\/main\.ts$/.test(file)) return;
  options.add(`${file.split('/')[1]} ${expression.name.text} ${first.text}`);
}

/** The rows of the page that the apps' own tests hold against their configuration. */
function environmentVariables(): readonly string[] {
  return sorted(new Set(read('docs/configuration.md').match(/(?<=^\| `)[A-Z][A-Z0-9_]+(?=`)/gm)));
}

function columns(): readonly string[] {
  const scripts = [...migrationFiles(), 'libs/messaging/src/postgres/schema.ts'].map(read);
  return sorted(new Set(scripts.flatMap(columnsOf)));
}

function migrationFiles(): readonly string[] {
  return sqlFiles().filter((file) => file.includes('/migrations/'));
}

const sqlFiles = (): readonly string[] => sourceFiles('{apps,libs}/**/*.sql');

/** The lines inside each `CREATE TABLE`, and each `ALTER TABLE`, without comments and with single spaces. */
function columnsOf(sql: string): readonly string[] {
  const plain = sql.replaceAll(/--[^\n]*/g, '');
  const created = [...plain.matchAll(/CREATE TABLE (\w+) \(([\s\S]*?)\n\)/gi)].flatMap(([, table, body = '']) =>
    body
      .split('\n')
      .map((line) => line.trim().replace(/,$/, '').replaceAll(/\s+/g, ' '))
      .filter((line) => line !== '')
      .map((line) => `${table}.${line}`),
  );
  const altered = [...plain.matchAll(/ALTER TABLE [^;]+/gi)].map(([text]) => text.replaceAll(/\s+/g, ' ').trim());
  return [...created, ...altered];
}

function journal(): readonly string[] {
  const source = ts.createSourceFile(
    'tags',
    read('libs/servicebus-emulator/src/store/event-tags.ts'),
    ts.ScriptTarget.Latest,
    true,
  );
  const names: string[] = [];
  const collect = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node)) names.push(node.getText());
    if (ts.isArrayLiteralExpression(node)) names.push(node.getText());
    ts.forEachChild(node, collect);
  };
  collect(source);
  return names;
}

const sorted = (names: ReadonlySet<string>): readonly string[] => [...names].sort();
