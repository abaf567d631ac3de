/** The rows of the tables under one heading of docs/configuration.md, to be compared with `describeVariables`. */
export function rowsUnder(title: string, page: string): readonly string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
  return section.split('\n').filter((line) => line.startsWith('| `'));
}
