import { ABILITIES, type Ability } from './abilities.js';
import type { Column } from './run-client.js';

/** What each client showed, by its name. */
export type Matrix = ReadonlyMap<string, Column>;

const BEGIN = '<!-- clients: written by `npx nx run servicebus-emulator:clients -- --write` -->';
const END = '<!-- /clients -->';

/**
 * The matrix as a table of Markdown: a row for each ability, a column for each client. What a client cannot do refers
 * to a note that names the source.
 */
export function formatMatrix(matrix: Matrix): string {
  const notes: string[] = [];
  const names = [...matrix.keys()];
  const rows = (Object.entries(ABILITIES) as [Ability, string][]).map(([ability, label]) => {
    const cells = names.map((name) => cellOf(matrix.get(name), ability, notes));
    return `| ${[label, ...cells].join(' | ')} |`;
  });
  const lines = [`| | ${names.join(' | ')} |`, `|---|${names.map(() => '---').join('|')}|`, ...rows];
  const footnotes = notes.map((note, index) => `${index + 1}. ${note}`);
  return [...lines, '', 'What a client cannot do, and where that is said:', '', ...footnotes].join('\n');
}

function cellOf(column: Column | undefined, ability: Ability, notes: string[]): string {
  const cell = column?.get(ability);
  if (cell === undefined || cell.is === 'red') return '**red**';
  if (cell.is === 'shown') return 'yes';
  if (!notes.includes(cell.reason)) notes.push(cell.reason);
  return `no ${notes.indexOf(cell.reason) + 1}`;
}

/** One line for each red cell. */
export function problemsOf(matrix: Matrix): readonly string[] {
  return [...matrix].flatMap(([name, column]) =>
    [...column].flatMap(([ability, cell]) => (cell.is === 'red' ? [`${name}: ${ability}: ${cell.reason}`] : [])),
  );
}

/** The page with this table in place of the one it has. @throws when the page has no place for it */
export function withTable(page: string, table: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`The page needs the lines ${BEGIN} and ${END}.`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${table}\n\n${page.slice(end)}`;
}
