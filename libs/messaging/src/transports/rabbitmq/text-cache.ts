/** How many texts are remembered, a power of two. */
const places = 256;
/** Texts of so many bytes or more are ids and times, which come once, or a few times in one message. */
const longText = 24;

/**
 * Reads texts that come again and again: types, sources, queues. Looking at bytes is cheaper than making a text of them. Each
 * place remembers the text that was read there last.
 */
export class TextCache {
  readonly #texts: string[] = Array.from({ length: places }, () => '');
  #lastLong = '';

  /** The text in UTF-8 from `start` to before `end`. */
  read(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return '';
    if (length < longText) return this.again(bytes, start, end);
    if (isSame(this.#lastLong, bytes, start, length)) return this.#lastLong;
    return (this.#lastLong = bytes.toString('utf8', start, end));
  }

  /** The same for a text that comes again for certain, however long it is. */
  again(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    const middle = bytes[start + (length >> 1)] as number;
    const last = bytes[end - 1] as number;
    const place = (length * 31 + (bytes[start] as number) * 7 + middle * 131 + last * 17) & (places - 1);
    const known = this.#texts[place] as string;
    if (isSame(known, bytes, start, length)) return known;
    return (this.#texts[place] = bytes.toString('utf8', start, end));
  }
}

/** A text with characters beyond ASCII never is: it has fewer of them than bytes, or other ones. */
function isSame(text: string, bytes: Buffer, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let index = 0; index < length; index += 1) {
    const byte = bytes[start + index] as number;
    if (byte > 0x7f || text.charCodeAt(index) !== byte) return false;
  }
  return true;
}
