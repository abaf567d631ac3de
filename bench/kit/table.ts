/** What the benchmarks print: tables in Markdown. */
export function printTable(columns: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = [line(columns), line(columns.map(() => '---')), ...rows.map(line)];
  process.stdout.write(`\n${lines.join('\n')}\n`);
}
