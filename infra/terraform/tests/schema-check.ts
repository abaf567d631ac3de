import { join } from 'node:path';
import { type HclBlock, type HclValue, parseHcl } from './hcl.ts';
import { checkHclRules, parseDirectory } from './hcl-rules.ts';
import { type TerraformValue, UNKNOWN } from './provider/dynamic-value.ts';
import type { BlockSchema } from './provider/schema.ts';
import { azurermSchema } from './provider/server.ts';
import { findViolations } from './provider/value-rules.ts';

/**
 * What can be said of Terraform files without Terraform: names, required arguments and blocks against azurerm's schema,
 * literal values against the table of rules, references to variables, arguments of modules, and what no plan shows
 * (`hcl-rules.ts`). No expression is evaluated.
 */
export async function checkDirectory(directory: string): Promise<readonly string[]> {
  const parsed = await parseDirectory(directory);
  const declared = new Set(parsed.flatMap((file) => Object.keys((file['variable'] ?? {}) as HclBlock)));
  return [
    ...parsed.flatMap((file) => checkResources(file)),
    ...(await checkHclRules(directory)),
    ...parsed.flatMap((file) => checkReferences(file, declared)),
    ...(await Promise.all(parsed.map((file) => checkModules(file, directory)))).flat(),
  ];
}

const META_ARGUMENTS = new Set(['count', 'for_each', 'depends_on', 'lifecycle', 'provider']);

const isBlock = (value: HclValue | undefined): value is HclBlock =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const bodies = (value: HclValue | undefined): readonly HclBlock[] =>
  (Array.isArray(value) ? value : []).filter((each): each is HclBlock => isBlock(each));

function checkResources(file: HclBlock): readonly string[] {
  const resources = Object.entries((file['resource'] ?? {}) as Record<string, HclBlock>);
  return resources.flatMap(([type, named]) => {
    const schema = azurermSchema.resources[type];
    if (!schema) return [`${type} is not in the schema`];
    return Object.entries(named).flatMap(([name, found]) =>
      bodies(found).flatMap((body) => [
        ...checkBlock(`${type}.${name}`, schema, body),
        ...findViolations(type, literal(body)).map(({ path, problem }) => `${type}.${name}: ${path} ${problem}`),
      ]),
    );
  });
}

/** A body with its dynamic blocks in place, each once. */
function expanded({ dynamic, ...body }: HclBlock): HclBlock {
  const generated = Object.entries(isBlock(dynamic) ? dynamic : {}).map(([name, blocks]) => [
    name,
    [...bodies(body[name]), ...bodies(blocks).flatMap(({ content }) => bodies(content))],
  ]);
  return { ...body, ...(Object.fromEntries(generated) as HclBlock) };
}

function checkBlock(address: string, schema: BlockSchema, written: HclBlock): readonly string[] {
  const body = expanded(written);
  const names = Object.keys(body).filter((name) => !META_ARGUMENTS.has(name));
  const unknown = names.filter((name) => !(name in schema.attributes) && !(name in schema.blocks));
  const missing = Object.entries(schema.attributes).filter(([name, { required }]) => required && !(name in body));
  return [
    ...unknown.map((name) => `${address}: ${name} is not expected here`),
    ...missing.map(([name]) => `${address}: ${name} is required`),
    ...Object.entries(schema.blocks).flatMap(([name, { min = 0, max = Infinity, block }]) => {
      const found = bodies(body[name]);
      return [
        ...(found.length < min ? [`${address}: a ${name} block is required`] : []),
        ...(bodies(written[name]).length > max ? [`${address}: no more than ${max} ${name} blocks`] : []),
        ...found.flatMap((nested) => checkBlock(`${address}.${name}`, block, nested)),
      ];
    }),
  ];
}

/** Literals as they are; whatever contains an expression is unknown. */
function literal(value: HclValue): TerraformValue {
  if (typeof value === 'string') return value.includes('${') ? UNKNOWN : value;
  if (Array.isArray(value)) return (value as readonly HclValue[]).map(literal);
  if (isBlock(value)) {
    return Object.fromEntries(Object.entries(expanded(value)).map(([name, each]) => [name, literal(each)]));
  }
  return value as TerraformValue;
}

function checkReferences(value: HclValue, declared: ReadonlySet<string>): readonly string[] {
  if (typeof value === 'string') {
    return [...value.matchAll(/\bvar\.(\w+)/g)]
      .map(([, name = '']) => name)
      .filter((name) => value.includes('${') && !declared.has(name))
      .map((name) => `variable ${name} is not declared`);
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value as HclBlock).flatMap((each) => checkReferences(each, declared));
}

async function checkModules(file: HclBlock, directory: string): Promise<readonly string[]> {
  const calls = Object.entries((file['module'] ?? {}) as Record<string, HclValue>);
  const problems = calls.flatMap(([name, found]) =>
    bodies(found).map(async ({ source, ...given }) => {
      const variables = await parseHcl(join(directory, String(source), 'variables.tf'));
      const declared = Object.entries((variables['variable'] ?? {}) as Record<string, readonly HclBlock[]>);
      const names = Object.keys(given).filter((argument) => !META_ARGUMENTS.has(argument));
      return [
        ...names
          .filter((argument) => !declared.some(([variable]) => variable === argument))
          .map((argument) => `module.${name}: ${argument} is not a variable of it`),
        ...declared
          .filter(([variable, [body]]) => body && !('default' in body) && !(variable in given))
          .map(([variable]) => `module.${name}: ${variable} is required`),
      ];
    }),
  );
  return (await Promise.all(problems)).flat();
}
