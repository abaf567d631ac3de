import { createHash } from 'node:crypto';
import pg from 'pg';

/** Statements that are remembered at most: a program that writes its values into its statements has any number. */
const MOST_STATEMENTS = 500;
/**
 * A statement with such an output is planned anew each time: PostgreSQL refuses to run a prepared one once a migration has
 * added a column ("cached plan must not change result type").
 */
const openOutput = /(\bselect|\breturning)\s+\*|\.\*/i;

/** The names of statements with parameters, for all connections of a pool. */
export class StatementNames {
  readonly #names = new Map<string, string | undefined>();

  /** Undefined for one that is not to be prepared: the first time, and where it makes no sense. */
  of(text: string): string | undefined {
    if (this.#names.has(text)) return this.#names.get(text) ?? this.#name(text);
    if (this.#names.size < MOST_STATEMENTS && !openOutput.test(text)) this.#names.set(text, undefined);
    return undefined;
  }

  #name(text: string): string {
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 24);
    this.#names.set(text, name);
    return name;
  }
}

const prepares = Symbol('prepares');

/** Whether what is set and prepared on this connection stays with it: it is a client of {@link preparing}. */
export function isPreparing(client: pg.ClientBase): boolean {
  return prepares in client;
}

/**
 * Makes a client of `pg` prepare the statements with parameters that it runs again and again: each is parsed and analysed
 * once a connection, and planned once where PostgreSQL finds that as good (its `plan_cache_mode`). For
 * `new Pool({ Client: preparing() })`. Not for a pooler that gives each transaction another connection and does not know
 * prepared statements, as PgBouncer before 1.21.
 *
 * A plan that is kept fits the table as it was: where tables grow from nothing, set `plan_cache_mode` to
 * `force_custom_plan`.
 *
 * @param Client what connects; `pg`'s own when absent
 * @param names shared by the kinds of clients of one pool
 */
export function preparing(Client: typeof pg.Client = pg.Client, names = new StatementNames()): typeof pg.Client {
  class PreparingClient extends Client {
    readonly [prepares] = true;

    // The signatures of `query` are many; what is not a text with values goes through as it is.
    override query(...call: unknown[]): never {
      const [text, values, ...rest] = call;
      const name = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? names.of(text) : undefined;
      const same = super.query as (...call: unknown[]) => never;
      return name === undefined ? same.apply(this, call) : same.call(this, { name, text, values }, ...rest);
    }
  }
  return PreparingClient as unknown as typeof pg.Client;
}
