import type { Parcel } from './parcel.js';

/** One way to get parcels into the system. */
export interface Sender {
  /**
   * Resolves with the ids under which the system knows the parcels, in their order, once it has stored all of them.
   * Rejects when it may not have stored all.
   */
  send(parcels: readonly Parcel[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Where orders and events go. */
export interface Addresses {
  readonly queue: string;
  readonly topic: string;
  /** ISO 4217 code of every order. */
  readonly currency: string;
}
