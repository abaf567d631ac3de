import { readFile } from 'node:fs/promises';
import { parse } from '@cdktn/hcl2json';

/** A parsed HCL value; expressions that are not literals stay text in `${…}`. */
export type HclBlock = { readonly [name: string]: HclValue };
export type HclValue = string | number | boolean | null | readonly HclValue[] | HclBlock;

/** What was parsed, by its text: the same modules are read for every environment and every seeded fault. */
const parsed = new Map<string, Promise<HclBlock>>();

/** A file of HCL as JSON: `{ resource: { type: { name: [body] } } }`. */
export async function parseHcl(file: string): Promise<HclBlock> {
  const source = await readFile(file, 'utf8');
  const known = parsed.get(source) ?? (parse(file, source) as Promise<HclBlock>);
  parsed.set(source, known);
  return known;
}

/** The literal defaults of a file's variables, by variable name. */
export async function parseVariableDefaults(file: string): Promise<Readonly<Record<string, HclBlock>>> {
  const { variable = {} } = await parseHcl(file);
  const variables = Object.entries(variable as Record<string, readonly HclBlock[]>);
  return Object.fromEntries(
    variables.flatMap(([name, [body]]) => (body && 'default' in body ? [[name, body['default'] as HclBlock]] : [])),
  );
}

const OPTIONAL = /(\w+)\s*=\s*optional\(\w+,\s*([^()[\]]+)\)/g;

/** The defaults inside a variable's object type, as in `optional(string, "PT1M")`. */
export async function parseOptionalDefaults(file: string, name: string): Promise<HclBlock> {
  const { variable } = (await parseHcl(file)) as {
    readonly variable: Record<string, readonly [{ readonly type: string }]>;
  };
  const type = variable[name]?.[0].type ?? '';
  return Object.fromEntries([...type.matchAll(OPTIONAL)].map(([, key = '', value = '']) => [key, JSON.parse(value)]));
}
