import type { TokenCredential } from '@azure/service-bus';
import { moveOnAt } from './token-end.js';

/** A credential that remembers when its first token ends. */
interface TrackedCredential {
  readonly credential: TokenCredential;
  /**
   * When to move on to a new client, in milliseconds since 1970; undefined before the first token. The SDK renews a
   * token with a timer that a failed renewal does not arm again, and then sends into the void: a client is replaced
   * before that can happen.
   */
  replaceAt(): number | undefined;
}

/** Watches the tokens of `credential`; `now` gives the time in milliseconds since 1970. */
export function trackToken(credential: TokenCredential, now: () => number): TrackedCredential {
  let replaceAt: number | undefined;
  return {
    credential: {
      getToken: async (scopes, options) => {
        const token = await credential.getToken(scopes, options);
        if (token !== null) replaceAt ??= moveOnAt(now(), token.expiresOnTimestamp);
        return token;
      },
    },
    replaceAt: () => replaceAt,
  };
}
