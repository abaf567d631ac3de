import { DecodeError } from './decode-error.js';
import { endOfValue } from './read-value.js';

export const HEADER = 0x70;
export const DELIVERY_ANNOTATIONS = 0x71;
export const MESSAGE_ANNOTATIONS = 0x72;
export const PROPERTIES = 0x73;
export const APPLICATION_PROPERTIES = 0x74;
export const DATA = 0x75;
export const SEQUENCE = 0x76;
export const VALUE = 0x77;
export const FOOTER = 0x78;

/** One section of a message: `[start, end)` in the message's bytes, its list or map beginning at `value`. */
interface Section {
  readonly code: number;
  readonly start: number;
  readonly value: number;
  readonly end: number;
}

/** Goes through the sections of an encoded message in order, itself the section it is at. */
export class SectionCursor implements Section {
  readonly #bytes: Buffer;
  #hasBody = false;
  #hasFooter = false;
  #hasDeliveryAnnotations = false;
  /** The code that the next section's is compared with. */
  #last = 0;
  code = 0;
  start = 0;
  value = 0;
  end = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /**
   * Goes to the next section, the first at first.
   * @returns false behind the last
   * @throws DecodeError when sections are out of order or repeated, or no sections at all
   */
  next(): boolean {
    const bytes = this.#bytes;
    const start = this.end;
    if (start >= bytes.length) return false;
    if (bytes[start] !== 0) throw new DecodeError('A message section begins with a descriptor.');
    const value = endOfValue(bytes, start + 1);
    const code = sectionCode(bytes, start + 1);
    if (code < HEADER || code > FOOTER) throw new DecodeError(`0x${code.toString(16)} is no section of a message.`);
    const repeatable = code === DATA || code === SEQUENCE;
    // A footer may come before the body, as two clients write it.
    const isBody = code === DATA || code === SEQUENCE || code === VALUE;
    const isEarly = code < this.#last && !(isBody && this.#last === FOOTER && !this.#hasBody);
    // uamqp writes delivery annotations just before the body when it sends a message on that it received.
    const isLate = code === DELIVERY_ANNOTATIONS && !this.#hasDeliveryAnnotations && !this.#hasBody;
    const isOutOfOrder = isEarly && !isLate;
    if (isOutOfOrder || (code === this.#last && !repeatable) || (code === FOOTER && this.#hasFooter)) {
      throw new DecodeError(`Section 0x${code.toString(16)} comes after 0x${this.#last.toString(16)}.`);
    }
    this.#hasBody ||= isBody;
    this.#hasFooter ||= code === FOOTER;
    this.#hasDeliveryAnnotations ||= code === DELIVERY_ANNOTATIONS;
    if (!isEarly || isBody) this.#last = code;
    this.end = endOfValue(bytes, value);
    this.code = code;
    this.start = start;
    this.value = value;
    return true;
  }
}

/** The sections of an encoded message, in order. @throws DecodeError */
export function sectionsOf(bytes: Buffer): readonly Section[] {
  const sections: Section[] = [];
  const cursor = new SectionCursor(bytes);
  while (cursor.next()) {
    const { code, start, value, end } = cursor;
    sections.push({ code, start, value, end });
  }
  return sections;
}

const BY_SYMBOL: ReadonlyMap<string, number> = new Map([
  ['amqp:header:list', HEADER],
  ['amqp:delivery-annotations:map', DELIVERY_ANNOTATIONS],
  ['amqp:message-annotations:map', MESSAGE_ANNOTATIONS],
  ['amqp:properties:list', PROPERTIES],
  ['amqp:application-properties:map', APPLICATION_PROPERTIES],
  ['amqp:data:binary', DATA],
  ['amqp:amqp-sequence:list', SEQUENCE],
  ['amqp:value:*', VALUE],
  ['amqp:amqp-value:*', VALUE],
  ['amqp:footer:map', FOOTER],
]);

function sectionCode(bytes: Buffer, at: number): number {
  const type = bytes[at];
  if (type === 0x53) return bytes[at + 1] as number;
  if (type === 0x80) return Number(bytes.readBigUInt64BE(at + 1));
  if (type === 0xa3) return BY_SYMBOL.get(bytes.toString('latin1', at + 2, at + 2 + (bytes[at + 1] as number))) ?? 0;
  return 0;
}
