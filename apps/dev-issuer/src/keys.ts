import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose';

/** What tokens are signed with, and what checks them. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** Safe to show. */
  readonly publicKey: JWK;
}

/** A new key, kept nowhere: a token does not outlive the process that made it. */
export async function createSigningKey(kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return { kid, privateKey, publicKey: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}
