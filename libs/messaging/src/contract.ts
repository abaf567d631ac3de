/**
 * The shape of a message contract, declared structurally so that a catalogue needs no import from this library and
 * any schema library will do.
 */
export interface Contract<T = unknown> {
  /** e.g. `order.place`; also the broker's native subject, so that subscription rules can filter on it. */
  readonly type: string;
  /** 1 and up; 0 stands for messages from before versions, which carry none. */
  readonly version: number;
  readonly kind: 'command' | 'event';
  /**
   * Checks a parsed JSON body. Throws an error that names every problem at once, best with
   * `problems: readonly { path, message }[]`.
   */
  parse(value: unknown): T;
  /** For bodies that carry their own id: it replaces the native message id. */
  messageId?(payload: T): string;
  /** For bodies that carry their own ordering key, where the envelope has none. */
  orderingKey?(payload: T): string;
  /** The next version, and how a payload becomes one of it. */
  readonly upcast?: ContractUpcast;
}

export interface ContractUpcast {
  // biome-ignore lint/suspicious/noExplicitAny: the next contract's payload type is its own business
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly to: Contract<any>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  convert(payload: any): unknown;
}
