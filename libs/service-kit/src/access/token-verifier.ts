import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { Caller } from './scopes.js';
import type { SigningKeys } from './signing-keys.js';

export interface TokenVerifierOptions {
  /** Who has to have made the tokens, exactly as their claim `iss` has it. */
  readonly issuer: string;
  /** For whom they have to be made: one of their `aud`. */
  readonly audience: string;
  /** The signature algorithms that are taken; all of them of public keys. */
  readonly algorithms: readonly string[];
  /** How far the issuer's clock may be from ours, in ms. */
  readonly leewayMs: number;
  /** The claim that makes a token a customer's. */
  readonly customerClaim: string;
  readonly keys: Pick<SigningKeys, 'find'>;
}

/** Why a token is not taken; safe to show to whoever sent it. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
}

/** The longest token that is looked at, in characters. */
const longestToken = 16_384;

/** Reads access tokens: JSON Web Tokens (RFC 7519) that an issuer signed, as RFC 9068 profiles them. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /**
   * Who is calling.
   * @throws InvalidToken for a token that is not to be trusted, KeysUnavailable when that cannot be found out
   */
  async verify(token: string): Promise<Caller> {
    if (token.length > longestToken) throw new InvalidToken('The token is too long.');
    return this.#callerOf(await this.#payloadOf(token));
  }

  async #payloadOf(token: string): Promise<JWTPayload> {
    const { keys, issuer, audience, algorithms, leewayMs } = this.#options;
    try {
      const { payload } = await jwtVerify(token, keys.find, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: leewayMs / 1_000,
        requiredClaims: ['exp', 'sub'],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new InvalidToken(explain(error), { cause: error });
      throw error;
    }
  }

  #callerOf(payload: JWTPayload): Caller {
    const { issuer, customerClaim } = this.#options;
    const customer = payload[customerClaim];
    if (customer !== undefined && (typeof customer !== 'string' || customer === '')) {
      throw new InvalidToken(`The claim ${customerClaim} is not a text.`);
    }
    return {
      issuer,
      client: textOf(payload['azp'] ?? payload['client_id'] ?? payload['appid']),
      subject: payload.sub ?? '',
      scopes: new Set([...words(payload['scope']), ...words(payload['scp']), ...words(payload['roles'])]),
      ...(customer !== undefined && { customerId: customer }),
    };
  }
}

/** `scope` is a list in one text (RFC 8693, section 4.2); Entra ID writes `scp` so too, and `roles` as an array. */
function words(claim: unknown): readonly string[] {
  if (Array.isArray(claim)) return claim.filter((word) => typeof word === 'string');
  return textOf(claim).split(' ').filter(Boolean);
}

function textOf(claim: unknown): string {
  return typeof claim === 'string' ? claim : '';
}

/** In words of ours: jose's may quote the token. */
function explain(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.reason === 'missing') return `The token lacks the claim ${error.claim}.`;
    const what = { iss: 'is from another issuer', aud: 'is for another audience', nbf: 'is not valid yet' };
    return `The token ${what[error.claim as keyof typeof what] ?? `has a wrong claim ${error.claim}`}.`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The token is signed with an algorithm that is not taken here.';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return 'The token is signed with a key that its issuer does not name.';
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature of the token is wrong.';
  return 'The token is not a signed JSON Web Token.';
}
