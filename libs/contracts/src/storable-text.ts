/**
 * Whether PostgreSQL can store the text: its `text` has no NUL (U+0000), and UTF-8 has no half of a surrogate pair
 * (https://www.postgresql.org/docs/18/datatype-character.html). Takes time that grows with the length, no more.
 */
export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Ends a text that was longer. */
const cutMark = '…';

/**
 * The text as it can be recorded and published, for what somebody else says and no contract limits: characters that
 * cannot be stored are replaced by U+FFFD, and what is longer than `limit` UTF-16 code units is cut and ends with `…`.
 */
export function storableText(text: string, limit: number): string {
  const fits = text.length <= limit;
  const kept = fits ? text : withoutHalf(text.slice(0, limit - cutMark.length)) + cutMark;
  return kept.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** Cutting may have left the first half of a surrogate pair at the end. */
function withoutHalf(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text;
}
