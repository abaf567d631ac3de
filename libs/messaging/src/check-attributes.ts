import type { Envelope } from './envelope.js';

/** The longest id and the longest ordering key, in UTF-16 code units: what every broker takes as a message's id. */
const maxKeyLength = 128;
/** The longest of every other attribute. */
const maxAttributeLength = 1_024;
/** All headers together, names and values, in bytes of UTF-8: half of what a broker takes, since ours come on top. */
const maxHeaderBytes = 32_768;

/** What is checked besides the body. */
export interface Attributes extends Pick<Envelope, 'id' | 'type' | 'source' | 'time' | 'contentType' | 'headers'> {
  readonly orderingKey: string | undefined;
  readonly correlationId: string | undefined;
}

/** In the order in which their problems are told. */
const texts = ['id', 'type', 'source', 'orderingKey', 'correlationId', 'contentType'] as const;

/**
 * Everything that keeps the attributes of a message from being stored and sent on, in words; empty when nothing does.
 * A broker takes more than a database: NUL and halves of surrogate pairs, texts of any length, any time. Inbox,
 * outbox and timelines take what passes here.
 */
export function attributeProblems(attributes: Attributes): string[] {
  const problems: string[] = [];
  for (const name of texts) {
    const value = attributes[name];
    const problem = value === undefined ? undefined : textProblem(name, value);
    if (problem !== undefined) problems.push(problem);
  }
  if (!isInstant(attributes.time)) problems.push('time: must be an RFC 3339 time in the years 1970 to 9999');
  addHeaderProblems(attributes.headers, problems);
  return problems;
}

function textProblem(name: (typeof texts)[number], value: string): string | undefined {
  const limit = name === 'id' || name === 'orderingKey' ? maxKeyLength : maxAttributeLength;
  if (value.length > limit) return `${name}: must have at most ${limit} characters, and has ${value.length}`;
  return isStorable(value) ? undefined : `${name}: ${unstorable}`;
}

function addHeaderProblems(headers: Envelope['headers'], problems: string[]): void {
  let bytes = 0;
  const unstorables: string[] = [];
  for (const name in headers) {
    const value = headers[name] as string;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (!isStorable(name) || !isStorable(value)) unstorables.push(`header ${JSON.stringify(name)}: ${unstorable}`);
  }
  if (bytes <= maxHeaderBytes) problems.push(...unstorables);
  else problems.push(`headers: must have at most ${maxHeaderBytes} bytes together, and have ${bytes}`);
}

const unstorable = 'must not contain NUL (U+0000) or an unpaired surrogate';

/** Whether PostgreSQL can store the text (https://www.postgresql.org/docs/18/datatype-character.html). */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** https://www.rfc-editor.org/rfc/rfc3339#section-5.6, seconds optional, without leap seconds. */
const instant =
  /^(?:19[7-9]\d|[2-9]\d{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

function isInstant(text: string): boolean {
  if (!instant.test(text)) return false;
  const day = Number(text.slice(8, 10));
  // The last days of a month are looked up: the months have 28 at least.
  if (day <= 28) return true;
  return day <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
}
