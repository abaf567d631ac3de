/** What `main.ts` and a client's process say to each other. */
export const QUEUE = 'a';
/** Deliveries at a time. */
export const CONCURRENCY = 32;

export type Request =
  /** Makes messages, which the next `send` sends. */
  | { readonly do: 'prepare'; readonly count: number }
  | { readonly do: 'send' }
  /** Starts to receive, and answers when that many were handled. */
  | { readonly do: 'receive'; readonly count: number }
  /** Receives no more. */
  | { readonly do: 'rest' };

/** What sends and receives. */
export interface Client {
  prepare(count: number): void;
  send(): Promise<void>;
  receive(count: number): Promise<void>;
  rest(): Promise<void>;
}
