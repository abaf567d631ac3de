const mark = '[redacted]';

/** What a key in a connection string, a shared access signature, or a password in a query or a list of options follows. */
const secretValues: readonly RegExp[] = [
  /(SharedAccess(?:Key|Signature)\s{0,8}=\s{0,8}["']?)(?:SharedAccessSignature\s{1,8})?[^;\s"')]+/gi,
  /(\b(?:password|pwd|sig)\s{0,8}=\s{0,8}["']?)[^;&\s"')]+/gi,
];

/** False for a text in which {@link redact} would find nothing; two searches for one character, mostly. */
export function mayHoldSecret(text: string): boolean {
  return text.includes('=') || (text.includes(':') && text.includes('://'));
}

/**
 * The text without the secrets in it: passwords in URLs (`scheme://user:password@host`), keys and signatures of Service
 * Bus, `password=`. Takes time that grows with the length, no more, whatever the text is: other people write what is
 * logged.
 * @param isCut the text is the beginning of a longer one: a secret at its end may lack what it is known by
 */
export function redact(text: string, isCut = false): string {
  if (!mayHoldSecret(text)) return text;
  const withoutPasswords = text.includes('://') ? redactUrls(text, isCut) : text;
  if (!withoutPasswords.includes('=')) return withoutPasswords;
  return secretValues.reduce((redacted, pattern) => redacted.replace(pattern, `$1${mark}`), withoutPasswords);
}

/** One pass: where the look at one URL ends, the search for the next begins. */
function redactUrls(text: string, isCut: boolean): string {
  let redacted = '';
  let kept = 0;
  for (let at = text.indexOf('://'); at >= 0; ) {
    const { password, end } = readAuthority(text, at + 3, isCut);
    if (password) {
      redacted += text.slice(kept, password.start) + mark;
      kept = password.end;
    }
    at = text.indexOf('://', end);
  }
  return redacted + text.slice(kept);
}

interface Authority {
  readonly password?: { readonly start: number; readonly end: number };
  /** Where reading stopped; never before it began. */
  readonly end: number;
}

/**
 * Reads `user:password@host` and whatever else may stand there. A password may hold `/`, `?` and `#`, which it should
 * not: an invalid URL is what an error message quotes. It ends at the last `@` of what could still be the authority.
 */
function readAuthority(text: string, start: number, isCut: boolean): Authority {
  if (text[start] === '[') return { end: start };
  let colon = -1;
  let at = -1;
  let index = start;
  for (; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code <= space || code === doubleQuote) break;
    const endsAuthority = code === slash || code === questionMark || code === hash;
    if (colon < 0) {
      if (endsAuthority) return { end: index };
      if (code === colonSign) colon = index;
    } else {
      if (endsAuthority && (at >= 0 || isPort(text, colon + 1, index))) break;
      if (code === atSign) at = index;
    }
  }
  const isOpen = isCut && index === text.length;
  if (colon < 0 || (at < 0 && !isOpen)) return { end: index };
  return { password: { start: colon + 1, end: isOpen ? index : at }, end: index };
}

const space = 0x20;
const doubleQuote = 0x22;
const hash = 0x23;
const slash = 0x2f;
const colonSign = 0x3a;
const questionMark = 0x3f;
const atSign = 0x40;

/** Up to five digits are a port, and what follows it is a path and no password. */
function isPort(text: string, start: number, end: number): boolean {
  return end - start <= 5 && /^\d+$/.test(text.slice(start, end));
}
