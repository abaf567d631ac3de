import type { NativeMessage } from '../../native-message.js';
import { ValueWriter } from './value-writer.js';

/** A message as it is sent, encoded. */
export interface EncodedParts {
  readonly bytes: Buffer;
  /** All that stands before the body: what a batch takes over from its first message. */
  readonly head: Buffer;
}

/** Sections of a message (OASIS AMQP 1.0, part 3, section 2), and its properties by their place. */
const [header, messageAnnotations, properties, applicationProperties, data] = [0x70, 0x72, 0x73, 0x74, 0x75];
const propertiesUpToGroupId = 11;
const largestUint = 0xffff_ffff;

/**
 * Writes what the SDK would write, byte for byte, at a tenth of the cost: it makes an object of each value first.
 * Undefined for what is left to the SDK: a time to live, and numbers that are no uint.
 */
export function encodeMessage(native: NativeMessage): EncodedParts | undefined {
  if (native.timeToLiveMs !== undefined) return undefined;
  const values = Object.values(native.applicationProperties);
  if (values.some((value) => typeof value === 'number' && !isUint(value))) return undefined;
  const writer = new ValueWriter(native.body.byteLength);
  writer.section(header).emptyList();
  writer.section(messageAnnotations).map(0, () => undefined);
  writer.section(properties).list(propertiesUpToGroupId, () => writeProperties(writer, native));
  writer.section(applicationProperties).map(values.length, () => writeEntries(writer, native.applicationProperties));
  const head = writer.length;
  const bytes = writer.section(data).binary(native.body).toBuffer();
  return { bytes, head: bytes.subarray(0, head) };
}

const isUint = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= largestUint;

function writeProperties(writer: ValueWriter, native: NativeMessage): void {
  const { messageId, subject, correlationId, contentType, sessionId } = native;
  writer.string(messageId).none().none().string(subject).none();
  if (correlationId === undefined) writer.none();
  else writer.string(correlationId);
  writer.symbol(contentType).none().none().none().string(sessionId);
}

function writeEntries(writer: ValueWriter, entries: NativeMessage['applicationProperties']): void {
  for (const name of Object.keys(entries)) {
    const value = entries[name];
    writer.string(name);
    if (typeof value === 'string') writer.string(value);
    else if (typeof value === 'number') writer.uint(value);
    else writer.boolean(value === true);
  }
}
