/**
 * Remembers which messages a consumer has handled, in the transaction of their effect: never before, never by
 * check-then-act. `Tx` is the store's transaction handle.
 */
export interface Inbox<Tx> {
  /**
   * Runs `work` in a transaction unless this consumer has handled `messageId` before. Resolves `handled` once effect
   * and record are committed together; `duplicate` when the effect is already there. Two concurrent calls for one id
   * wait for each other. When `work` throws, nothing is recorded and the error is passed on. An abort of `signal` while
   * `work` runs undoes everything and rejects with its reason, so that the next delivery need not wait.
   */
  once(
    consumer: string,
    messageId: string,
    work: (tx: Tx) => Promise<void>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<'handled' | 'duplicate'>;

  /**
   * The same for several messages in one transaction: `work` is given those of `messageIds` that this consumer has not
   * handled before, and is not called when there are none. All are handled together or none is. It may be called again,
   * with everything undone, where the store asks for the transaction to be repeated. An inbox without it has its messages
   * handled one by one.
   */
  onceMany?(
    consumer: string,
    messageIds: readonly string[],
    work: (tx: Tx, unhandled: ReadonlySet<string>) => Promise<void>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;

  /**
   * Whether this consumer has handled `messageId`, for a delivery that is not going to be handled in any case. Says nothing of
   * what is being handled. An inbox without it is taken not to know.
   */
  has?(consumer: string, messageId: string): Promise<boolean>;
}

/**
 * An inbox that takes the effect as data, e.g. as a part of SQL, and writes it together with its own rows. What an `Effect`
 * looks like is the store's.
 */
export interface EffectInbox<Effect> {
  /**
   * Writes the effect of those of `messageIds` that this consumer has not handled before, and remembers them: all of that
   * happens or nothing. Ids that are there twice count once. An abort of `signal` before the store has answered gives the
   * call up and rejects with its reason; whether it happened is then known to the store alone, as after a lost connection.
   */
  onceManyWith(
    consumer: string,
    messageIds: readonly string[],
    effect: Effect,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;

  /** As in {@link Inbox}. */
  has?(consumer: string, messageId: string): Promise<boolean>;
}
