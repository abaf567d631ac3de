import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { KeySource } from './signing-keys.js';

/** What is read of an issuer's metadata (OpenID Connect Discovery 1.0, section 3). */
const metadata = z.object({ issuer: z.string(), jwks_uri: z.url() });
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/**
 * The keys of an issuer: from `jwksUrl`, or from where the issuer's metadata says that they are.
 * @throws Error from the source when either cannot be read, or the metadata is another issuer's
 */
export function keysOf({ issuer, jwksUrl }: { readonly issuer: string; readonly jwksUrl?: string }): KeySource {
  return async (signal) => {
    const url = jwksUrl ?? (await keysUrlOf(issuer, signal));
    return keySet.parse(await getJson(url, signal)) as JSONWebKeySet;
  };
}

async function keysUrlOf(issuer: string, signal: AbortSignal): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const found = metadata.parse(await getJson(url, signal));
  if (found.issuer === issuer) return found.jwks_uri;
  throw new Error(`${url} describes the issuer ${found.issuer}, not ${issuer}.`);
}

async function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  const answer = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}.`);
  return answer.json();
}
