import { stdSerializers } from 'pino';
import { mayHoldSecret, redact } from './redact.js';

/** The longest text of a field, in UTF-16 code units. */
const textLimit = 2_000;
/** The same of what people read: the line's message, and an error's message and stack. */
const longTextLimit = 6_000;
const longTexts: ReadonlySet<string> = new Set(['msg', 'message', 'stack']);
/** All texts of one call together. */
const totalLimit = 24_000;
const maxNameLength = 100;
const maxEntries = 100;
const maxDepth = 5;

/** Fields whose value is a secret, whatever it is. */
const secretFields: ReadonlySet<string> = new Set([
  'authorization',
  'Authorization',
  'cookie',
  'set-cookie',
  'password',
  'connectionString',
  'SharedAccessKey',
  'DATABASE_URL',
  'SERVICEBUS_CONNECTION_STRING',
  'RABBITMQ_URL',
]);

/** What has a serializer of its own: {@link loggableError}, and those of HTTP requests and answers. */
const serializedFields: ReadonlySet<string> = new Set(['err', 'req', 'res']);

/** How much the texts of one line may still take. */
interface Room {
  left: number;
}

/**
 * A text as a log line may have it: without secrets, and cut where it is longer than `limit` UTF-16 code units, with a
 * mark that says how much is missing. Costs no more for a longer text.
 */
export function loggableText(text: string, limit = textLimit): string {
  if (text.length <= limit) return redact(text);
  return `${redact(text.slice(0, limit), true)} … [${text.length - limit} more characters]`;
}

/** The message of a line. */
export function loggableMessage(message: unknown): unknown {
  return typeof message === 'string'
    ? loggableText(message, longTextLimit)
    : loggableValue('msg', message, newRoom(), 1);
}

/**
 * Fields as a log line may have them: every text like {@link loggableText}, secret fields redacted, no depth without
 * end. Nearly every line is one that may stay as it is; finding that out is what its fields cost.
 */
export function loggableFields(fields: object): Record<string, unknown> {
  const named = fields as Record<string, unknown>;
  return isLoggable(named) ? named : fieldsOf(named, newRoom(), 0);
}

function isLoggable(fields: Readonly<Record<string, unknown>>): boolean {
  let entries = 0;
  let length = 0;
  for (const name in fields) {
    entries += 1;
    if (entries > maxEntries || name.length > maxNameLength || secretFields.has(name)) return false;
    const value = fields[name];
    if (typeof value === 'string') {
      length += value.length;
      if (value.length > textLimit || mayHoldSecret(value)) return false;
    } else if (
      typeof value === 'bigint' ||
      (typeof value === 'object' && value !== null && !serializedFields.has(name))
    ) {
      return false;
    }
  }
  return length <= totalLimit;
}

/** An error with its causes and the errors it is made of, likewise. Anything else than an error is taken as it is. */
export function loggableError(error: unknown): unknown {
  return loggableValue('err', error, newRoom(), 0);
}

const newRoom = (): Room => ({ left: totalLimit });

function fieldsOf(fields: object, room: Room, depth: number): Record<string, unknown> {
  const loggable: Record<string, unknown> = {};
  let entries = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (entries === maxEntries || room.left <= 0) {
      loggable['…'] = `[${Object.keys(fields).length - entries} more fields]`;
      break;
    }
    entries += 1;
    const shown = name.length > maxNameLength ? loggableText(name, maxNameLength) : name;
    loggable[shown] = depth === 0 && serializedFields.has(name) ? value : loggableValue(name, value, room, depth + 1);
  }
  return loggable;
}

function loggableValue(name: string, value: unknown, room: Room, depth: number): unknown {
  if (secretFields.has(name)) return '[redacted]';
  if (typeof value === 'string') return take(value, longTexts.has(name) ? longTextLimit : textLimit, room);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) return '[nested too deep]';
  if (value instanceof Error) return fieldsOf(errorFields(value), room, depth + 1);
  if (Array.isArray(value)) return listOf(value, room, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  const toJSON = (value as { toJSON?: unknown }).toJSON;
  if (typeof toJSON === 'function') return loggableValue(name, toJSON.call(value), room, depth + 1);
  return fieldsOf(value, room, depth + 1);
}

/** The longest come last, so that they leave room for codes and the like. */
function errorFields(error: Error): object {
  const { stack, aggregateErrors, ...fields } = stdSerializers.err(error);
  return { ...fields, stack, ...(aggregateErrors && { aggregateErrors }) };
}

function listOf(list: readonly unknown[], room: Room, depth: number): unknown[] {
  const shown = list.slice(0, maxEntries).map((item) => loggableValue('', item, room, depth + 1));
  return list.length > maxEntries ? [...shown, `[${list.length - maxEntries} more]`] : shown;
}

function take(text: string, limit: number, room: Room): string {
  const loggable = loggableText(text, Math.min(limit, Math.max(0, room.left)));
  room.left -= loggable.length;
  return loggable;
}
