import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the apps' log lines are written. */
const SOURCES = join(import.meta.dirname, '../../../../libs/service-kit/src');

/** Tables of a workspace, and their columns as far as alerts use them (Azure Monitor's table reference). */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  ContainerAppConsoleLogs_CL: ['TimeGenerated', 'Log_s', 'ContainerAppName_s', 'RevisionName_s', 'ContainerName_s'],
  AzureMetrics: ['TimeGenerated', 'Resource', 'MetricName', 'Total', 'Maximum', 'Minimum', 'Average', 'Count'],
  Usage: ['TimeGenerated', 'DataType', 'Quantity', 'IsBillable'],
};

let sources: string | undefined;

/** Everything that libs/service-kit says in code, read once. */
function serviceKit(): string {
  sources ??= globSync('**/*.ts', { cwd: SOURCES })
    .filter((file) => !file.endsWith('.spec.ts'))
    .map((file) => readFileSync(join(SOURCES, file), 'utf8'))
    .join('\n');
  return sources;
}

/** What KQL keeps to itself, as far as alerts use it. */
const KEYWORDS = new Set(
  `extend where summarize project by and or parse_json isnotnull isnotempty count countif max min sum arg_min arg_max
   todouble toint tolong tostring bin ago in has contains`.split(/\s+/),
);

/**
 * What is wrong with a query over logs: a table that does not exist, a column that nobody made, a line or a field that
 * no app logs. `answered` are the columns that the alert looks at.
 */
export function complaintsAboutQuery(query: string, answered: readonly string[]): readonly string[] {
  const [table = ''] = query.trim().split(/\s/);
  const columns = TABLES[table];
  if (!columns) return [`asks table ${table}, known are ${Object.keys(TABLES).join(', ')}`];
  const code = serviceKit();
  const messages = [...query.matchAll(/Line\.msg == "([^"]*)"/g)].map(([, message = '']) => message);
  const fields = [...query.matchAll(/\bLine((?:\.\w+)+)/g)].flatMap(([, path = '']) => path.slice(1).split('.'));
  const made = [...query.matchAll(/(\w+) = |\((\w+), (\w+)\) =/g)].flatMap((match) => match.slice(1).filter(Boolean));
  const names = query
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\bLine(\.\w+)+/g, '')
    .match(/\b[A-Za-z_]\w*\b/g);
  const known = new Set([table, ...columns, ...made, ...KEYWORDS]);
  return [
    ...messages
      .filter((message) => !code.includes(`'${message}'`))
      .map((message) => `looks for the line "${message}", which no app logs`),
    ...fields
      .filter((field) => field !== 'msg' && !new RegExp(`\\b${field}\\b`).test(code))
      .map((field) => `reads the field ${field}, which no app logs`),
    ...[...new Set(names ?? [])]
      .filter((name) => !known.has(name))
      .map((name) => `reads ${name}, which ${table} has not`),
    ...answered
      .filter((column) => column !== 'null' && !made.includes(column) && !columns.includes(column))
      .map((column) => `looks at column ${column}, which its query does not answer`),
  ];
}
