import { Problem } from '@orderflow/service-kit';
import { LetterCipher } from './letter-cipher.js';

/** The cipher for copies of letters, where there is a key. */
export class OpsCipher {
  /** Undefined where no key is configured. */
  readonly cipher: LetterCipher | undefined;

  /** @param key 32 bytes in Base64 */
  constructor(key: string | undefined) {
    this.cipher = key === undefined ? undefined : new LetterCipher(Buffer.from(key, 'base64'));
  }

  /** @throws Problem 503 where there is no key: nothing is removed or changed without a copy */
  require(): LetterCipher {
    if (this.cipher) return this.cipher;
    const detail = 'There is no key for copies of letters. Set OPS_EXPORT_KEY: openssl rand -base64 32';
    throw new Problem(503, 'export-key-missing', detail);
  }
}
