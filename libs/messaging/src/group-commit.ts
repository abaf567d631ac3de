import { type Committer, committerOf } from './committer.js';
import type { Message } from './message.js';
import { orderingKeyOf } from './outbox/bucket.js';
import { ReadyTogether } from './ready-together.js';
import type { AnySteps, Judge } from './steps.js';

/** Messages of which it is remembered that they failed alone; older ones are forgotten. */
const MOST_REMEMBERED = 1_000;

/** A prepared message, ready to be committed. */
export interface Ready {
  readonly prepared: unknown;
  readonly message: Message;
  readonly signal: AbortSignal;
  readonly judge: Judge;
}

interface Member extends Ready {
  resolve(): void;
  reject(error: unknown): void;
}

/** Lets the members of a group know how it ended. */
type Notify = () => void;

/**
 * Commits together what is ready together, where steps and inbox can; alone what is not. A group has at most one message
 * of an ordering key. The next group leaves before the members of one hear that they are committed.
 *
 * When a group fails, nothing of it has happened. Something is away: all its messages fail by that. Otherwise each is
 * committed alone, so that a bad one costs only itself, and stays apart until it has succeeded.
 */
export class GroupCommit {
  readonly #committer: Committer;
  readonly #ready = new ReadyTogether<Member>({
    together: (members) => this.#together(members),
    keyOf: ({ message }) => orderingKeyOf(message),
  });
  /** Messages that failed alone: they would fail every group. */
  readonly #apart = new Set<string>();

  constructor(steps: AnySteps<unknown>) {
    this.#committer = committerOf(steps);
  }

  /** Resolves once effect and inbox row are committed, also when they were before. Rejects when they were not. */
  async commit(ready: Ready): Promise<void> {
    if (this.#committer.together === undefined || this.#apart.has(ready.message.id)) return this.#alone(ready);
    const { signal } = ready;
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const member: Member = { ...ready, resolve, reject };
    // Whoever is not part of a group yet leaves; nothing of it was sent.
    const leave = (): void => void (this.#ready.remove(member) && reject(signal.reason));
    signal.addEventListener('abort', leave, { once: true });
    this.#ready.add(member);
    return promise.finally(() => signal.removeEventListener('abort', leave));
  }

  /** Must not reject. */
  async #together(members: readonly Member[]): Promise<Notify> {
    const [only] = members;
    if (members.length === 1) return this.#settle(only as Member);
    try {
      await this.#inOneCommit(members);
      return () => {
        for (const member of members) member.resolve();
      };
    } catch (error) {
      return this.#afterFailure(members, error);
    }
  }

  async #inOneCommit(members: readonly Member[]): Promise<void> {
    // A lost lock gives the group up, so that the next delivery of that message need not wait.
    const given = new AbortController();
    const giveUp = (): void => given.abort(new Error('The lock on a message of this group was lost.'));
    for (const { signal } of members) signal.addEventListener('abort', giveUp, { once: true });
    try {
      await this.#committer.together?.(firstOfEach(members), given.signal);
    } finally {
      for (const { signal } of members) signal.removeEventListener('abort', giveUp);
    }
  }

  async #afterFailure(members: readonly Member[], error: unknown): Promise<Notify> {
    const lost = members.filter(({ signal }) => signal.aborted);
    for (const member of lost) member.reject(member.signal.reason);
    const others = members.filter(({ signal }) => !signal.aborted);
    if (lost.length > 0 && others.length > 0) return this.#together(others);
    if (others.some(({ judge }) => judge(error) === 'dependency-away')) {
      return () => {
        for (const member of others) member.reject(error);
      };
    }
    // Each as soon as it is known: one may wait long.
    await Promise.all(others.map(async (member) => (await this.#settle(member))()));
    return () => undefined;
  }

  /** Must not reject. */
  #settle(member: Member): Promise<Notify> {
    return this.#alone(member).then(
      () => member.resolve,
      (error: unknown) => () => member.reject(error),
    );
  }

  async #alone(ready: Ready): Promise<void> {
    const { message, signal, judge } = ready;
    try {
      await this.#committer.alone(ready, signal);
      this.#apart.delete(message.id);
    } catch (error) {
      if (!signal.aborted && judge(error) !== 'dependency-away') this.#keepApart(message.id);
      throw error;
    }
  }

  #keepApart(id: string): void {
    this.#apart.add(id);
    const [oldest] = this.#apart;
    if (this.#apart.size > MOST_REMEMBERED && oldest !== undefined) this.#apart.delete(oldest);
  }
}

/** A second copy of a message is a duplicate. */
function firstOfEach(members: readonly Member[]): readonly Member[] {
  const seen = new Set<string>();
  return members.filter(({ message: { id } }) => !seen.has(id) && seen.add(id));
}
