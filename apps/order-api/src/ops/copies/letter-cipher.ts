import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Envelope } from '@orderflow/messaging';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts copies of messages, each for one purpose: what was encrypted for one cannot be passed off as another's.
 * AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits for each copy.
 */
export class LetterCipher {
  readonly #key: Buffer;

  /** @param key 32 bytes */
  constructor(key: Buffer) {
    if (key.byteLength !== 32) throw new RangeError(`A key has 32 bytes, not ${key.byteLength}.`);
    this.#key = key;
  }

  /** @param purpose what the copy belongs to */
  encrypt({ body, ...attributes }: Envelope, purpose: string): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, this.#key, nonce).setAAD(Buffer.from(purpose));
    const text = JSON.stringify({ ...attributes, body: Buffer.from(body).toString('base64') });
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws Error for a copy that another key encrypted, that is for another purpose, or that was changed */
  decrypt(copy: Buffer, purpose: string): Envelope {
    const decipher = createDecipheriv(algorithm, this.#key, copy.subarray(0, nonceBytes))
      .setAAD(Buffer.from(purpose))
      .setAuthTag(copy.subarray(-tagBytes));
    const text = Buffer.concat([decipher.update(copy.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    const { body, ...attributes } = JSON.parse(text.toString('utf8')) as Omit<Envelope, 'body'> & {
      readonly body: string;
    };
    return { ...attributes, body: Buffer.from(body, 'base64') };
  }
}
