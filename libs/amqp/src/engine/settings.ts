/** What a server says of itself, and the most it takes. Numbers that Azure has are the defaults. */
export interface Settings {
  readonly containerId: string;
  /** Bytes of the largest frame, 512 at least. Default 65,536. */
  readonly maxFrameSize: number;
  /** The highest channel. Default 4,999. */
  readonly channelMax: number;
  /** Milliseconds of silence after which a peer is given up. Default 120,000. */
  readonly idleTimeOut: number;
  /** The highest handle of a session that is offered to peers, and the number of its links. Default 255. */
  readonly handleMax: number;
  /** Links of a session that are borne of peers that pass over {@link handleMax}. Default `handleMax`. */
  readonly maxSessionLinks: number;
  /** Transfer frames a peer may send on a session before it hears of us. Default 5,000. */
  readonly incomingWindow: number;
  /** In the order they are offered. Default Azure's four. */
  readonly mechanisms: readonly string[];
  /** Whether a peer must begin with SASL. Default true. */
  readonly requireSasl: boolean;
  /** Links of one connection, all together. Default 5,000: Azure's number is not known. */
  readonly maxLinks: number;
  /** Attaches of one connection that wait for an answer, all together. Default 255. */
  readonly maxHeldAttaches: number;
  /**
   * Bytes of the attaches of one connection, all together: each is kept, with its filters and properties, until its
   * link is over. Default 4 MB.
   */
  readonly maxAttachBytes: number;
  /** Whether links to a transaction coordinator are offered to the listener. Default false: they are refused. */
  readonly transactions: boolean;
  /** Bytes of unfinished messages of one connection, all together. Default 128 MB. */
  readonly maxJoinedBytes: number;
  /** Bytes of output beyond which no link is told that it may send. Default 1 MB. */
  readonly highWaterMark: number;
}

export const DEFAULTS: Omit<Settings, 'containerId' | 'maxSessionLinks'> = {
  maxFrameSize: 65_536,
  channelMax: 4_999,
  idleTimeOut: 120_000,
  handleMax: 255,
  incomingWindow: 5_000,
  mechanisms: ['MSSBCBS', 'PLAIN', 'ANONYMOUS', 'EXTERNAL'],
  requireSasl: true,
  maxLinks: 5_000,
  maxHeldAttaches: 255,
  maxAttachBytes: 4 * 1024 * 1024,
  transactions: false,
  maxJoinedBytes: 128 * 1024 * 1024,
  highWaterMark: 1024 * 1024,
};

/** Bytes of a frame before the peer's open: SASL and the open itself. */
export const MAX_FRAME_BEFORE_OPEN = 8 * 1024;
/** What AMQP makes everybody take: a peer that says less is not believed. Bytes. */
export const MIN_MAX_FRAME_SIZE = 512;
