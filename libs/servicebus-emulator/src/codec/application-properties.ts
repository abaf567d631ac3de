import { Timespan } from '../rules/filter-value.js';
import type { FilterValue } from '../rules/index.js';
import { DecodeError } from './decode-error.js';
import { type AmqpValue, endOfValue, ValueReader } from './read-value.js';
import { APPLICATION_PROPERTIES, PROPERTIES, sectionsOf } from './sections.js';
import { ValueWriter } from './value-writer.js';

/** Application properties to set, as encoded values; undefined removes one. */
export type PropertyChanges = ReadonlyMap<string, Buffer | undefined>;

/** The bare message with application properties set or removed; everything else, other properties too, byte for byte. */
export function withApplicationProperties(bare: Buffer, changes: PropertyChanges): Buffer {
  if (changes.size === 0) return bare;
  const sections = sectionsOf(bare);
  const old = sections.find(({ code }) => code === APPLICATION_PROPERTIES);
  const entries = old ? entriesWithout(bare, old.value, changes) : [];
  for (const [name, value] of changes) {
    if (value) entries.push(Buffer.concat([new ValueWriter(name.length + 8).string(name).finish(), value]));
  }
  const before = old?.start ?? sections.find(({ code }) => code === PROPERTIES)?.end ?? 0;
  const writer = new ValueWriter(bare.length + 256).raw(bare.subarray(0, before));
  if (entries.length > 0) {
    writer.descriptor(APPLICATION_PROPERTIES);
    writer.map(entries.length, (map) => entries.forEach((entry) => map.raw(entry)));
  }
  return writer.raw(bare.subarray(old?.end ?? before)).finish();
}

function entriesWithout(bare: Buffer, offset: number, changes: PropertyChanges): Buffer[] {
  const reader = new ValueReader(bare, offset);
  const count = reader.enter();
  const entries: Buffer[] = [];
  for (let i = 0; i < count / 2; i++) {
    const start = reader.position;
    const name = reader.next();
    reader.raw();
    if (!changes.has(String(name))) entries.push(bare.subarray(start, reader.position));
  }
  return entries;
}

/** The codes of lists, maps and arrays. */
const COMPOUND: ReadonlySet<number> = new Set([0x45, 0xc0, 0xd0, 0xc1, 0xd1, 0xe0, 0xf0]);

/**
 * Looks at the values of the application properties' map at `offset`: the specification allows simple ones, and Azure's
 * own clients put a descriptor before some.
 * @throws DecodeError for a list, a map or an array
 */
export function checkPropertyTypes(bytes: Buffer, offset: number): void {
  const reader = new ValueReader(bytes, offset);
  const count = reader.enter();
  for (let i = 0; i < count / 2; i++) {
    const name = reader.position;
    reader.skip();
    const at = reader.position;
    reader.skip();
    const code = bytes[bytes[at] === 0 ? endOfValue(bytes, at + 1) : at] as number;
    if (!COMPOUND.has(code)) continue;
    const text = String(new ValueReader(bytes, name).next());
    throw new DecodeError(
      `The application property '${text}' is a list, a map or an array: only simple values are allowed.`,
    );
  }
}

/** Encodes a value that a rule's action or the broker itself sets. */
export function encodeProperty(value: FilterValue): Buffer {
  const writer = new ValueWriter(16);
  if (value === null) return writer.null().finish();
  if (value instanceof Date) return writer.timestamp(value.getTime()).finish();
  if (value instanceof Timespan) {
    return writer
      .raw([0])
      .symbol('com.microsoft:timespan')
      .long(Math.round(value.milliseconds * 10_000))
      .finish();
  }
  switch (typeof value) {
    case 'boolean':
      return writer.boolean(value).finish();
    case 'bigint':
      return writer.long(value).finish();
    case 'number':
      return writer.double(value).finish();
    default:
      return writer.string(value).finish();
  }
}

/** An application property as rules see it. What they have no type for (binary, decimals) is null to them. */
export function toFilterValue(value: AmqpValue): FilterValue {
  if (value === null || value instanceof Date) return value;
  if (typeof value !== 'object') return value;
  if ('descriptor' in value && value.descriptor === 'com.microsoft:timespan' && typeof value.value === 'bigint') {
    return new Timespan(Number(value.value) / 10_000);
  }
  return null;
}
