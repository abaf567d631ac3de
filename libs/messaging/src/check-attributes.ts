import type { Envelope } from './envelope.js';

/** The longest id and the longest ordering key, in UTF-16 code units: what every broker takes as a message's id. */
const maxKeyLength = 128;
/** The longest of every other attribute. */
const maxAttributeLength = 1_024;
/** All headers together, names and values, in bytes of UTF-8: half of what a broker takes, since ours come on top. */
const maxHeaderBytes = 32_768;

/** What is checked besides the body. */
export type Attributes = Omit<Envelope, 'version' | 'body'>;

/**
 * Everything that keeps the attributes of a message from being stored and sent on, in words; empty when nothing does.
 * A broker takes more than a database: NUL and halves of surrogate pairs, texts of any length, any time. Inbox,
 * outbox and timelines take what passes here.
 */
export function attributeProblems({ headers, time, ...attributes }: Attributes): string[] {
  return [
    ...Object.entries(attributes).flatMap(([name, value]) => attributeProblem(name, value)),
    ...(isInstant(time) ? [] : ['time: must be an RFC 3339 time in the years 1970 to 9999']),
    ...headerProblems(headers),
  ];
}

function attributeProblem(name: string, value: string): string[] {
  const limit = name === 'id' || name === 'orderingKey' ? maxKeyLength : maxAttributeLength;
  if (value.length > limit) return [`${name}: must have at most ${limit} characters, and has ${value.length}`];
  return isStorable(value) ? [] : [`${name}: ${unstorable}`];
}

function headerProblems(headers: Envelope['headers']): string[] {
  const entries = Object.entries(headers);
  const bytes = entries.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  if (bytes > maxHeaderBytes) return [`headers: must have at most ${maxHeaderBytes} bytes together, and have ${bytes}`];
  return entries
    .filter(([name, value]) => !isStorable(name) || !isStorable(value))
    .map(([name]) => `header ${JSON.stringify(name)}: ${unstorable}`);
}

const unstorable = 'must not contain NUL (U+0000) or an unpaired surrogate';

/** Whether PostgreSQL can store the text (https://www.postgresql.org/docs/18/datatype-character.html). */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** https://www.rfc-editor.org/rfc/rfc3339#section-5.6, seconds optional, without leap seconds. */
const instant =
  /^(?<date>\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

function isInstant(text: string): boolean {
  const date = instant.exec(text)?.groups?.['date'];
  // `Date` takes the 30th of February for the 2nd of March.
  const day = date === undefined ? undefined : new Date(date);
  if (date === undefined || day === undefined || Number.isNaN(day.getTime())) return false;
  return date >= '1970' && day.toISOString().startsWith(date);
}
