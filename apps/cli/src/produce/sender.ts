import type { Parcel } from './parcel.js';

/** Told that the system has stored a parcel, and under which id it knows it. */
export type OnStored = (parcel: Parcel, id: string) => void;

/** One way to get parcels into the system. */
export interface Sender {
  /** Resolves once all are stored, each of which it told. Rejects when one may not be stored. */
  send(parcels: readonly Parcel[], onStored: OnStored): Promise<void>;
  close(): Promise<void>;
}

/** Where orders and events go. */
export interface Addresses {
  readonly queue: string;
  readonly topic: string;
  /** ISO 4217 code of every order. */
  readonly currency: string;
}
