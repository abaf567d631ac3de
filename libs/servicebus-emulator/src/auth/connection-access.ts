import type { AccessRight } from '../entities/authorization-rule.js';
import { type AccessControl, expired, unauthorized } from './access-control.js';
import { allows, type Grant } from './grant.js';
import type { BrokerError } from '../entities/errors.js';

/** What one client may do, by the key or the tokens it has shown. */
export interface ConnectionAccess {
  /** Whether the client has yet to show a valid key or token. */
  readonly awaitsToken: boolean;
  /** The client shows a key of the namespace itself, before anything else. @returns whether it is one */
  signIn(keyName: string, key: string): boolean;
  /** The client shows a token. @throws BrokerError unauthorized-access when it is not valid */
  show(token: string): void;
  /** @param right any will do when it is undefined. @throws BrokerError unauthorized-access */
  check(path: string, right: AccessRight | undefined): void;
  /** Checks as {@link check} does, and goes on watching until {@link unwatch}. */
  watch(link: object, path: string, right: AccessRight | undefined): void;
  unwatch(link: object): void;
  close(): void;
}

/** Everybody may do everything. */
export const OPEN_ACCESS: ConnectionAccess = Object.freeze({
  awaitsToken: false,
  signIn: () => true,
  show: () => undefined,
  check: () => undefined,
  watch: () => undefined,
  unwatch: () => undefined,
  close: () => undefined,
});

interface TokenAccessOptions {
  readonly control: AccessControl;
  /** Whether links are ended when their tokens are over, as Azure does. */
  readonly enforceExpiry: boolean;
  /** Told of every watched link whose token is over. */
  readonly ended: (link: object, error: BrokerError) => void;
}

interface Need {
  readonly path: string;
  readonly right: AccessRight | undefined;
}

/** What setTimeout can wait for at most, in ms. */
const LONGEST_TIMEOUT = 2_147_483_647;

/** A client may do what its tokens say, as long as they are valid by the system's clock. */
export class TokenAccess implements ConnectionAccess {
  readonly #options: TokenAccessOptions;
  readonly #watched = new Map<object, Need>();
  #grants: readonly Grant[] = [];
  #awaitsToken = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TokenAccessOptions) {
    this.#options = options;
  }

  get awaitsToken(): boolean {
    return this.#awaitsToken;
  }

  signIn(keyName: string, key: string): boolean {
    const grant = this.#options.control.grantKey(keyName, key);
    if (grant) this.#accept(grant, Date.now());
    return grant !== undefined;
  }

  show(token: string): void {
    const now = Date.now();
    this.#accept(this.#options.control.grant(token, now), now);
  }

  check(path: string, right: AccessRight | undefined): void {
    if (this.#allows({ path, right })) return;
    const claim = right ?? 'Listen or Send';
    throw unauthorized(`Unauthorized access. '${claim}' claim(s) are required to perform this operation on '${path}'.`);
  }

  watch(link: object, path: string, right: AccessRight | undefined): void {
    this.check(path, right);
    this.#watched.set(link, { path, right });
  }

  unwatch(link: object): void {
    this.#watched.delete(link);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watched.clear();
  }

  #accept(grant: Grant, now: number): void {
    this.#awaitsToken = false;
    // One that is renewed takes the place of the one before.
    const others = this.#grants.filter((one) => one.expiresAt > now && !isRenewal(one, grant));
    this.#grants = [...others, grant];
    this.#plan();
  }

  #allows({ path, right }: Need): boolean {
    const now = Date.now();
    return this.#grants.some((grant) => allows(grant, path, right, now));
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (!this.#options.enforceExpiry) return;
    const next = Math.min(...this.#grants.map(({ expiresAt }) => expiresAt));
    if (next === Infinity) return;
    const wait = Math.min(Math.max(next - Date.now(), 0), LONGEST_TIMEOUT);
    this.#timer = setTimeout(() => this.#expire(next), wait).unref();
  }

  #expire(at: number): void {
    const now = Date.now();
    this.#grants = this.#grants.filter(({ expiresAt }) => expiresAt > now);
    for (const [link, need] of [...this.#watched]) {
      if (this.#allows(need)) continue;
      this.#watched.delete(link);
      this.#options.ended(link, expired(at));
    }
    this.#plan();
  }
}

function isRenewal(before: Grant, { scope, rights, expiresAt }: Grant): boolean {
  const same = before.scope === scope && before.rights.join() === rights.join();
  return same && before.expiresAt <= expiresAt;
}
