import type { PrimitiveType } from './value.js';

/**
 * The encodings of every type (AMQP 1.0, part 1, section 1.6), the widest last: that one can hold any value of the
 * type, so it is what arrays are written with.
 */
export const CODES: Readonly<Record<PrimitiveType, readonly number[]>> = {
  null: [0x40],
  boolean: [0x41, 0x42, 0x56],
  ubyte: [0x50],
  ushort: [0x60],
  uint: [0x43, 0x52, 0x70],
  ulong: [0x44, 0x53, 0x80],
  byte: [0x51],
  short: [0x61],
  int: [0x54, 0x71],
  long: [0x55, 0x81],
  float: [0x72],
  double: [0x82],
  decimal32: [0x74],
  decimal64: [0x84],
  decimal128: [0x94],
  char: [0x73],
  timestamp: [0x83],
  uuid: [0x98],
  binary: [0xa0, 0xb0],
  string: [0xa1, 0xb1],
  symbol: [0xa3, 0xb3],
  list: [0x45, 0xc0, 0xd0],
  map: [0xc1, 0xd1],
  array: [0xe0, 0xf0],
};

const TYPES: readonly (PrimitiveType | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  (Object.keys(CODES) as PrimitiveType[]).find((type) => CODES[type].includes(code)),
);

/** The type that a constructor's code means; undefined when the specification has none. */
export const typeOfCode = (code: number): PrimitiveType | undefined => TYPES[code];

/** The encoding that holds any value of the type. */
export const widestCode = (type: PrimitiveType): number => CODES[type].at(-1) as number;

/** Bytes behind the code by its upper four bits: of the value itself below 0xa, of its size from there on. */
const WIDTHS = [-1, -1, -1, -1, 0, 1, 2, 4, 8, 16, 1, 4, 1, 4, 1, 4] as const;

export const widthOfCode = (code: number): number => WIDTHS[code >>> 4] as number;

/** Whether a size stands in front of the value. */
export const isSized = (code: number): boolean => code >= 0xa0;
