import { readFileSync } from 'node:fs';

/**
 * What a file holds, without the line's end that editors add.
 * @throws Error that says what is wrong with the file, and nothing that is in it
 */
export function readSecret(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new Error(`the file ${file} cannot be read (${(cause as { code?: string }).code}).`, { cause });
  }
  if (text === '') throw new Error(`the file ${file} is empty.`);
  return text;
}

/**
 * Those of `names` that a file holds: `DATABASE_URL_FILE` names the file of `DATABASE_URL`. Each file that cannot be read or
 * is empty, and each secret that is given in both ways, is a problem in words, without its value.
 */
export function secretsOfFiles(
  variables: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): { readonly found: Readonly<Record<string, string>>; readonly problems: readonly string[] } {
  const found: Record<string, string> = {};
  const problems: string[] = [];
  for (const name of names) {
    const file = variables[`${name}_FILE`];
    if (!file) continue;
    if (variables[name]) problems.push(`${name}_FILE and ${name} are both set: choose one.`);
    try {
      found[name] = readSecret(file);
    } catch (error) {
      problems.push(`${name}_FILE: ${(error as Error).message}`);
    }
  }
  return { found, problems };
}
