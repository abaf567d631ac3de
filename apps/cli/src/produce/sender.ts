import type { SampleMessage } from './sample-messages.js';

/** Called when the system has stored a message, with the id under which it knows it. */
export type OnStored = (sample: SampleMessage, id: string) => void;

/** One way to get messages into the system. */
export interface Sender {
  /** Resolves once all are stored, and each was reported. Rejects when one may not be stored. */
  send(samples: readonly SampleMessage[], onStored: OnStored): Promise<void>;
  close(): Promise<void>;
}

/** Where orders and events go. */
export interface Addresses {
  readonly queue: string;
  readonly topic: string;
  /** ISO 4217 code of every order. */
  readonly currency: string;
}
