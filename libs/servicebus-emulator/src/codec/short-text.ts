/** A call into Node.js costs as much as this many characters written one by one. */
const MAX_LENGTH = 64;

/**
 * Writes a short text of ASCII characters, as names and ids mostly are. There must be room for it.
 * @returns false for another text: then what was written means nothing
 */
export function writeShortText(bytes: Uint8Array, at: number, text: string): boolean {
  if (text.length > MAX_LENGTH) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return false;
    bytes[at + i] = code;
  }
  return true;
}
