import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';

/** A value Terraform knows only after apply. */
export class Unknown {}

export const UNKNOWN = new Unknown();

export type TerraformValue =
  | null
  | boolean
  | number
  | string
  | Unknown
  | readonly TerraformValue[]
  | { readonly [name: string]: TerraformValue };

/** Terraform's extension types: 0 is a plain unknown, 12 an unknown with refinements (which we do not need). */
const codec = new ExtensionCodec();
codec.register({
  type: 0,
  encode: (value) => (value instanceof Unknown ? Uint8Array.of(0) : null),
  decode: () => UNKNOWN,
});
codec.register({ type: 12, encode: () => null, decode: () => UNKNOWN });

/** The wire form of a value: MessagePack, with the extension above for unknowns. */
export interface DynamicValue {
  readonly msgpack: Uint8Array;
}

export const readValue = ({ msgpack }: DynamicValue): TerraformValue =>
  decode(msgpack, { extensionCodec: codec }) as TerraformValue;

export const writeValue = (value: TerraformValue): DynamicValue => ({
  msgpack: encode(value, { extensionCodec: codec }),
});

export const isObject = (value: TerraformValue): value is { readonly [name: string]: TerraformValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Unknown);

export const isList = (value: TerraformValue): value is readonly TerraformValue[] => Array.isArray(value);
