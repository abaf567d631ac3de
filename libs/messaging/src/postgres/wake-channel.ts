import pg from 'pg';
import type { Clock } from '../clock.js';
import { prepareReads, type Reading, settingsToRead } from './outbox-read.js';
import { isPreparing } from './preparing-client.js';
import { readingOn, readingOptions } from './reading-connection.js';

interface WakeChannelOptions {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  /** Another process has committed messages, or may have while we could not hear. */
  readonly onWake: () => void;
  readonly onError: (error: unknown) => void;
}

const CHANNEL = 'orderflow_outbox';
const RECONNECT_MS = 1_000;

/**
 * Carries wakes between the relays of several processes over LISTEN and NOTIFY. A notification is never part of a
 * business transaction: NOTIFY takes a lock at commit that all of the server's notifying transactions share. Lost
 * notifications cost only the time until the next sweep. Its connection reads the outbox besides, where it may keep
 * settings and prepared statements.
 */
export class WakeChannel {
  readonly #options: WakeChannelOptions;
  #client: pg.Client | undefined;
  #reading: Reading | undefined;
  #cancelReconnect: (() => void) | undefined;
  #connecting: Promise<void> = Promise.resolve();
  #notifying: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(options: WakeChannelOptions) {
    this.#options = options;
    this.#connecting = this.#connect();
  }

  /** Where {@link readRows} may run prepared; undefined while there is no connection, and behind a pooler. */
  get reading(): Reading | undefined {
    return this.#reading;
  }

  /** Wakes the others. Calls during a notification share the next one. */
  notify(): void {
    if (this.#stopped) return;
    if (this.#notifying !== undefined) {
      this.#again = true;
      return;
    }
    this.#notifying = this.#options.pool
      .query(`NOTIFY ${CHANNEL}`)
      .then(() => undefined, this.#options.onError)
      .finally(() => {
        this.#notifying = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.notify();
      });
  }

  /** Resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelReconnect?.();
    await this.#connecting;
    await this.#client?.end();
    await this.#notifying;
  }

  async #connect(): Promise<void> {
    const { options } = this.#options.pool;
    // The pool's own kind of client, which may know how to log in without a password. The pool hides a password from
    // copies of its options.
    const Client = (options.Client ?? pg.Client) as typeof pg.Client;
    const client = new Client({ ...options, ...readingOptions, password: options.password, keepAlive: true });
    // A lost connection says `error` and `end`; one that was never made rejects and may say both as well.
    let lost = false;
    const onLost = (error?: unknown): void => {
      if (lost || this.#stopped) return;
      lost = true;
      if (error !== undefined) this.#options.onError(error);
      this.#client = undefined;
      this.#reading = undefined;
      const { clock } = this.#options;
      this.#cancelReconnect = clock.schedule(clock.now() + RECONNECT_MS, () => {
        this.#connecting = this.#connect();
      });
    };
    client.on('error', onLost);
    client.on('end', () => onLost());
    client.on('notification', () => this.#options.onWake());
    try {
      await client.connect();
      this.#client = client;
      const reads = isPreparing(client);
      await client.query([`LISTEN ${CHANNEL}`, ...(reads ? settingsToRead : [])].join('; '));
      if (reads) {
        const reading = readingOn(client);
        await prepareReads(reading);
        this.#reading = reading;
      }
      this.#options.onWake();
    } catch (error) {
      onLost(error);
      await client.end().catch(() => undefined);
    }
  }
}
