import { isList, isObject, type TerraformValue, UNKNOWN } from './dynamic-value.ts';
import type { AttributeSchema, BlockSchema } from './schema.ts';

/**
 * How computed attributes are planned. `unknown` is what azurerm does. `named` gives text attributes a value made from
 * the resource's name (`principal_id of orderflow-dev-scaler`), so that a plan shows who is granted what on which
 * resource.
 */
export type ComputedValues = 'unknown' | 'named';

/**
 * What azurerm would plan: the proposed state, with every computed attribute that has no value yet filled in.
 * A null proposal (destroy) stays null.
 */
export function planBlock(schema: BlockSchema, proposed: TerraformValue, computed: ComputedValues): TerraformValue {
  if (!isObject(proposed)) return proposed;
  const planned: Record<string, TerraformValue> = { ...proposed };
  for (const [name, attribute] of Object.entries(schema.attributes)) {
    if (!attribute.computed || planned[name] !== null) continue;
    planned[name] = computed === 'named' ? namedValue(name, attribute, proposed['name'] ?? null) : UNKNOWN;
  }
  for (const [name, nested] of Object.entries(schema.blocks)) {
    const value = planned[name] ?? null;
    planned[name] = isList(value)
      ? value.map((element) => planBlock(nested.block, element, 'unknown'))
      : planBlock(nested.block, value, 'unknown');
  }
  return planned;
}

function namedValue(attribute: string, { type }: AttributeSchema, name: TerraformValue): TerraformValue {
  if (type !== 'string' || typeof name !== 'string') return UNKNOWN;
  if (attribute === 'vault_uri') return `https://${name}.vault.azure.net/`;
  return `${attribute} of ${name}`;
}
