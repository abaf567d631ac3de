import { z } from 'zod';
import { notesOf } from './variables.js';

/** A group of variables and who reads them. */
export interface ConfigSection {
  readonly readBy: string;
  readonly variables: Readonly<Record<string, z.ZodType>>;
}

/** All variables of the sections as one Markdown table. */
export function describeConfig(sections: readonly ConfigSection[]): string {
  const rows = sections.flatMap(({ readBy, variables }) =>
    Object.entries(variables).map(([name, schema]) => {
      const { description = '', example = '' } = notesOf(schema);
      return `| \`${name}\` | ${description} | ${defaultOf(schema)} | \`${example}\` | ${readBy} |`;
    }),
  );
  return ['| variable | what | default | example | read by |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

/** As it would be written in the environment. */
function defaultOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return `\`${String(schema.def.defaultValue)}\``;
  return schema instanceof z.ZodOptional ? 'none' : 'required';
}
