/** The part of azurerm's schema that OrderFlow's Terraform uses, as `azurerm-schema.json` holds it. */
export interface AzurermSchema {
  /** Where the numbers come from: the npm package it was extracted from, and the provider version that describes. */
  readonly source: { readonly package: string; readonly provider: string; readonly license: string };
  readonly provider: BlockSchema;
  readonly resources: Readonly<Record<string, BlockSchema>>;
  readonly data: Readonly<Record<string, BlockSchema>>;
}

/** A Terraform type in its JSON notation. */
export type TerraformType =
  | 'string'
  | 'number'
  | 'bool'
  | readonly ['list' | 'set' | 'map', TerraformType]
  | readonly ['object', Readonly<Record<string, TerraformType>>];

export interface AttributeSchema {
  readonly type: TerraformType;
  readonly required?: true;
  readonly optional?: true;
  readonly computed?: true;
  /** Terraform refuses to print it; outputs of it must be marked sensitive. */
  readonly sensitive?: true;
}

export interface NestedBlockSchema {
  readonly nesting: 'single' | 'list' | 'set';
  /** The fewest allowed; absent is 0. */
  readonly min?: number;
  /** The most allowed; absent is any number. */
  readonly max?: number;
  readonly block: BlockSchema;
}

export interface BlockSchema {
  readonly attributes: Readonly<Record<string, AttributeSchema>>;
  readonly blocks: Readonly<Record<string, NestedBlockSchema>>;
}
