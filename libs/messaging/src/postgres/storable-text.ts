/** The longest text of an error that is kept, in UTF-16 units. */
const LONGEST = 4_000;

/** What a broker or a client said, as PostgreSQL can store it: no NUL, no half of a surrogate pair, not endless. */
export function storableText(text: string): string {
  return text.slice(0, LONGEST).replaceAll('\0', '\uFFFD').toWellFormed();
}
