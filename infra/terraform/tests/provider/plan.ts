import { isList, isObject, type TerraformValue, UNKNOWN } from './dynamic-value.ts';
import type { BlockSchema } from './schema.ts';

/**
 * What azurerm would plan: the proposed state, with every computed attribute that has no value yet known after apply.
 * A null proposal (destroy) stays null.
 */
export function planBlock(schema: BlockSchema, proposed: TerraformValue): TerraformValue {
  if (!isObject(proposed)) return proposed;
  const planned: Record<string, TerraformValue> = { ...proposed };
  for (const [name, attribute] of Object.entries(schema.attributes)) {
    if (attribute.computed && planned[name] === null) planned[name] = UNKNOWN;
  }
  for (const [name, nested] of Object.entries(schema.blocks)) {
    const value = planned[name] ?? null;
    planned[name] = isList(value)
      ? value.map((element) => planBlock(nested.block, element))
      : planBlock(nested.block, value);
  }
  return planned;
}
