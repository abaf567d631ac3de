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
