import { z } from 'zod';
import { notesOf } from './variable.js';

const head = ['| variable | what | default | example |', '|---|---|---|---|'];

/** The variables as a Markdown table, for docs/configuration.md. */
export function describeConfig(variables: Readonly<Record<string, z.ZodType>>): string {
  return [...head, ...describeVariables(variables), ''].join('\n');
}

/** The rows of that table, one a variable; a spec of each app looks for its own in the documentation. */
export function describeVariables(variables: Readonly<Record<string, z.ZodType>>): readonly string[] {
  return Object.entries(variables).map(([name, schema]) => {
    const { description = '', example = '' } = notesOf(schema);
    return `| \`${name}\` | ${description} | ${defaultOf(schema)} | \`${example}\` |`;
  });
}

/** As it would be written in the environment. */
function defaultOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return `\`${String(schema.def.defaultValue)}\``;
  }
  return schema instanceof z.ZodOptional ? 'none' : 'required';
}
