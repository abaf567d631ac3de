import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, type CryptoKey, type JWK } from 'jose';

export interface TestToken {
  readonly claims?: JWTPayload;
  /** Another issuer's, audience's, key's or algorithm's. */
  readonly issuer?: string;
  readonly audience?: string;
  readonly kid?: string;
  /** Seconds from now at which it begins and ends; -60 and 600 when absent. `never`: it has no end. */
  readonly notBefore?: number;
  readonly expires?: number | 'never';
}

/** An issuer of access tokens with an address, whose keys can be rotated and that can be away or slow. */
export class TestIssuer {
  readonly audience = 'api://orderflow';
  readonly #server: Server;
  #keys: { readonly kid: string; readonly key: CryptoKey; readonly jwk: JWK }[] = [];
  #answer: (response: ServerResponse) => void;
  /** How often the keys were asked for. */
  asked = 0;

  private constructor() {
    this.#answer = this.#keySet;
    this.#server = createServer((request, response) => {
      if (request.url === '/.well-known/openid-configuration') {
        response.end(JSON.stringify({ issuer: this.url, jwks_uri: `${this.url}/keys` }));
        return;
      }
      this.asked += 1;
      this.#answer(response);
    });
  }

  static async start(): Promise<TestIssuer> {
    const issuer = new TestIssuer();
    await issuer.rotate();
    await once(issuer.#server.listen(0, '127.0.0.1'), 'listening');
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The variables of a service that takes its tokens. */
  get env(): { readonly AUTH_ISSUER: string; readonly AUTH_AUDIENCE: string } {
    return { AUTH_ISSUER: this.url, AUTH_AUDIENCE: this.audience };
  }

  /** The public key that signs now. */
  get publicKey(): JWK {
    return this.#current.jwk;
  }

  /** Signs with a new key from now on; the old ones are named for as long as `keep` says. */
  async rotate({ keep = false } = {}): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const kid = `key-${this.#keys.length + 1}-${Math.round(performance.now() * 1_000)}`;
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' };
    this.#keys = [...(keep ? this.#keys : []), { kid, key: privateKey, jwk }];
  }

  /** Answers 500 from now on, or never, until {@link comeBack}. */
  leave(how: 'failing' | 'silent'): void {
    this.#answer = (response) => void (how === 'failing' && response.writeHead(500).end());
  }

  comeBack(): void {
    this.#answer = this.#keySet;
  }

  /** A signed token with the given scopes, separated by spaces. */
  token(scope: string, { claims = {}, ...options }: TestToken = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const { issuer = this.url, audience = this.audience, notBefore = -60, expires = 600 } = options;
    const token = new SignJWT({ scope, client_id: 'a-client', ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: options.kid ?? this.#current.kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(claims.sub ?? 'a-subject')
      .setNotBefore(now + notBefore);
    if (expires !== 'never') token.setExpirationTime(now + expires);
    return token.sign(this.#current.key);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get #current() {
    const current = this.#keys.at(-1);
    if (!current) throw new Error('The issuer has no key.');
    return current;
  }

  readonly #keySet = (response: ServerResponse): void => {
    response.end(JSON.stringify({ keys: this.#keys.map(({ jwk }) => jwk) }));
  };
}
