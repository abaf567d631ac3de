import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A shared access signature: proof that its maker knows the key of that name. */
export interface SasToken {
  /** The URL it opens with everything below. */
  readonly resource: string;
  readonly keyName: string;
  readonly signature: string;
  /** Ms since 1970. */
  readonly expiresAt: number;
  /** The text of which the signature is. */
  readonly signed: string;
}

const PREFIX = /^SharedAccessSignature\s+/i;

/** Reads `SharedAccessSignature sr=…&sig=…&se=…&skn=…`, in any order; undefined when it is none. */
export function parseSasToken(text: string): SasToken | undefined {
  if (!PREFIX.test(text)) return undefined;
  const fields = new Map(
    text
      .replace(PREFIX, '')
      .split('&')
      .map((field): [string, string] => {
        const at = field.indexOf('=');
        return [field.slice(0, at), field.slice(at + 1)];
      }),
  );
  const [resource, signature, expiry, keyName] = ['sr', 'sig', 'se', 'skn'].map((name) => fields.get(name));
  if (!resource || !signature || !keyName || !/^\d{1,12}$/.test(expiry ?? '')) return undefined;
  try {
    return {
      resource: decodeURIComponent(resource),
      keyName: decodeURIComponent(keyName),
      signature: decodeURIComponent(signature),
      expiresAt: Number(expiry) * 1000,
      signed: `${resource}\n${expiry}`,
    };
  } catch {
    return undefined; // Not encoded properly.
  }
}

export function isSignedWith({ signature, signed }: SasToken, key: string): boolean {
  const expected = Buffer.from(sign(signed, key));
  const actual = Buffer.from(signature);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** Compares a key with what a client says it is, in a time that tells nothing of either. */
export function isSameSecret(key: string, shown: string): boolean {
  return timingSafeEqual(digest(key), digest(shown));
}

/**
 * Makes a shared access signature, such as for the `authorization` header of a request.
 * @param resource the URL of the namespace or of an entity in it
 * @param expiresAt ms since 1970
 */
export function createSasToken(resource: string, keyName: string, key: string, expiresAt: number): string {
  const encoded = encodeURIComponent(resource);
  const expiry = Math.floor(expiresAt / 1000);
  const signature = encodeURIComponent(sign(`${encoded}\n${expiry}`, key));
  return `SharedAccessSignature sr=${encoded}&sig=${signature}&se=${expiry}&skn=${encodeURIComponent(keyName)}`;
}

function sign(text: string, key: string): string {
  return createHmac('sha256', key).update(text).digest('base64');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
