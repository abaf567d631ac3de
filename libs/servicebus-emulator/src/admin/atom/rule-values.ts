import { BrokerError } from '../../entities/errors.js';
import { type FilterValue, Timespan } from '../../rules/index.js';
import { formatDuration, parseDuration } from '../../topology/index.js';
import { children, textOf, type XmlElement } from '../xml.js';

const SCHEMA = 'http://www.w3.org/2001/XMLSchema';
const INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance';
const PAIR = 'KeyValueOfstringanyType';

const READERS: Readonly<Record<string, (text: string) => FilterValue | undefined>> = {
  string: (text) => text,
  int: readInteger,
  long: readInteger,
  double: (text) => (text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text)),
  boolean: (text) => ({ true: true, false: false })[text.toLowerCase()],
  dateTime: (text) => (Number.isNaN(Date.parse(text)) ? undefined : new Date(text)),
  duration: (text) => {
    const milliseconds = parseDuration(text);
    return milliseconds === undefined ? undefined : new Timespan(milliseconds);
  },
};

/** Reads typed key-value pairs: a filter's properties or parameters. @throws BrokerError argument-error */
export function readValues(list: XmlElement | undefined): Record<string, FilterValue> {
  return Object.fromEntries(
    children(list, PAIR).map((pair) => {
      const key = textOf(pair, 'Key') ?? '';
      const [value] = children(pair, 'Value');
      const type = String(value?.['@type'] ?? 'string').replace(/^.*:/, '');
      const text = textOf(pair, 'Value') ?? '';
      const read = READERS[type]?.(text);
      if (read !== undefined) return [key, read] as const;
      throw new BrokerError('com.microsoft:argument-error', `The value of '${key}' is no ${type}: '${text}'.`);
    }),
  );
}

function readInteger(text: string): FilterValue | undefined {
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}

/** The reverse of {@link readValues}; nothing when there are none. */
export function formatValues(name: string, values: Readonly<Record<string, FilterValue>> | undefined): XmlElement {
  const pairs = Object.entries(values ?? {});
  if (pairs.length === 0) return {};
  return { [name]: { [PAIR]: pairs.map(([key, value]) => ({ Key: key, Value: formatValue(value) })) } };
}

function formatValue(value: FilterValue): XmlElement {
  const [type, text] = typed(value);
  return { '@xmlns:i': INSTANCE, '@xmlns:d6p1': SCHEMA, '@i:type': `d6p1:${type}`, '#text': text };
}

function typed(value: FilterValue): readonly [type: string, text: string] {
  if (value instanceof Date) return ['dateTime', value.toISOString()];
  if (value instanceof Timespan) return ['duration', formatDuration(value.milliseconds)];
  // The JavaScript client knows `int` but not `long`.
  if (typeof value === 'bigint') return ['int', String(value)];
  if (typeof value === 'number') return ['double', String(value)];
  if (typeof value === 'boolean') return ['boolean', String(value)];
  return ['string', value ?? ''];
}
