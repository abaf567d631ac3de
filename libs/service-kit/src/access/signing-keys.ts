import { createLocalJWKSet, errors, type CompactVerifyGetKey, type JSONWebKeySet } from 'jose';

type Key = Awaited<ReturnType<CompactVerifyGetKey>>;

/** Where the keys of an issuer come from. */
export type KeySource = (signal: AbortSignal) => Promise<JSONWebKeySet>;

export interface SigningKeysOptions {
  readonly fetchKeys: KeySource;
  /** Called when keys could not be fetched; those that are known are used on. */
  readonly onError: (error: unknown) => void;
  /** Keys are fetched again in the background when they are older, in ms; 600,000 when absent. */
  readonly refreshAfterMs?: number;
  /** Keys that could not be renewed for so long are trusted no more, in ms; 86,400,000 (a day) when absent. */
  readonly expireAfterMs?: number;
  /** After a fetch for a key that the issuer did not have, or that failed, the next one waits, in ms; 30,000 when absent. */
  readonly cooldownMs?: number;
  /** How long a fetch may take, in ms; 5,000 when absent. */
  readonly timeoutMs?: number;
  /** Milliseconds since some moment, never set back; the machine's by default. */
  readonly now?: () => number;
}

/** No key of the issuer is known, and it cannot be asked: nobody can be let in, and nobody is to blame. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/**
 * The public keys of an issuer. An issuer that is away or slow holds up nobody whose key is known: keys are renewed in
 * the background, and stay until the issuer has been silent for a day. A key that is not known is asked for at
 * once, but after one that the issuer did not have only once in a while: a rotation is followed, and a flood of made-up
 * keys asks the issuer next to nothing.
 */
export class SigningKeys {
  readonly #options: Required<SigningKeysOptions>;
  #find: ReturnType<typeof createLocalJWKSet> | undefined;
  #fetchedAt = -Infinity;
  #askedAt = -Infinity;
  /** When a key was asked for that the issuer did not have. */
  #inVainAt = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(options: SigningKeysOptions) {
    this.#options = {
      refreshAfterMs: 600_000,
      expireAfterMs: 86_400_000,
      cooldownMs: 30_000,
      timeoutMs: 5_000,
      now: () => performance.now(),
      ...options,
    };
  }

  /**
   * The key that a token names.
   * @throws KeysUnavailable when none is known and the issuer does not answer; errors of jose for a key it does not have
   */
  readonly find: CompactVerifyGetKey = async (header, token) => {
    const { now, refreshAfterMs } = this.#options;
    if (this.#known() === undefined) await this.#renew();
    else if (now() - this.#fetchedAt > refreshAfterMs && this.#mayAsk()) void this.#renew();
    return (await this.#look(header, token)) ?? (await this.#lookAgain(header, token)) ?? this.#fetchFor(header, token);
  };

  /** Undefined for a key that is not known. */
  async #look(...[header, token]: Parameters<CompactVerifyGetKey>): Promise<Key | undefined> {
    try {
      return await this.#required()(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined;
      throw error;
    }
  }

  /** A fetch that is under way may bring the key: many ask for a new one at once. */
  async #lookAgain(...wanted: Parameters<CompactVerifyGetKey>): Promise<Key | undefined> {
    if (this.#asking === undefined) return undefined;
    await this.#asking;
    return this.#look(...wanted);
  }

  /** Asks the issuer for a key that nobody knows, unless it was asked for another such key in vain shortly before. */
  async #fetchFor(...[header, token]: Parameters<CompactVerifyGetKey>): Promise<Key> {
    const { now, cooldownMs } = this.#options;
    const mayAsk = this.#asking !== undefined || now() - this.#inVainAt >= cooldownMs;
    if (!mayAsk) throw new errors.JWKSNoMatchingKey();
    this.#inVainAt = now();
    await this.#renew();
    const found = await this.#required()(header, token);
    this.#inVainAt = -Infinity;
    return found;
  }

  #known(): ReturnType<typeof createLocalJWKSet> | undefined {
    const { now, expireAfterMs } = this.#options;
    return now() - this.#fetchedAt > expireAfterMs ? undefined : this.#find;
  }

  #required(): ReturnType<typeof createLocalJWKSet> {
    const find = this.#known();
    if (find) return find;
    throw new KeysUnavailable("The issuer's keys cannot be fetched.");
  }

  #mayAsk(): boolean {
    return this.#asking === undefined && this.#options.now() - this.#askedAt >= this.#options.cooldownMs;
  }

  /** Never rejects: what goes wrong is reported, and whoever needs a key finds that there is none. */
  #renew(): Promise<void> {
    this.#asking ??= this.#fetch().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #fetch(): Promise<void> {
    const { fetchKeys, now, onError, timeoutMs } = this.#options;
    this.#askedAt = now();
    try {
      this.#find = createLocalJWKSet(await fetchKeys(AbortSignal.timeout(timeoutMs)));
      this.#fetchedAt = now();
    } catch (error) {
      onError(error);
    }
  }
}
