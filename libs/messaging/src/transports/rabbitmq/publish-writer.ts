import type { Duplex } from 'node:stream';
import type { ConfirmChannel } from 'amqplib';
import { type Publish, PublishFrames } from './publish-frames.js';

/** Called with null once the broker has the message, with an error when it refused it or the channel closed. */
type Confirmed = (refused: Error | null) => void;

/** So many bytes go out before the turn is over: the broker begins with them while the next are written. */
const fullBytes = 16_384;

/** What is used of the client's channels that is not published. */
interface Inside {
  readonly ch?: unknown;
  readonly connection?: {
    readonly frameMax?: unknown;
    sentSinceLastCheck?: unknown;
    readonly stream?: unknown;
    readonly channels?: readonly ({ readonly buffer?: unknown } | null)[];
  };
  pushConfirmCallback?(confirmed: Confirmed): void;
}

/** The client's channel where it is as we know it. */
interface Known {
  readonly frames: PublishFrames;
  /** False from when its end was asked for: the broker ends the connection for what comes after that. */
  isOpen(): boolean;
  write(frames: Buffer): void;
  expect(confirmed: Confirmed): void;
}

/**
 * Publishes on a channel: what one turn of the event loop has to send reaches the socket in few pieces. For what only the
 * client can write, and where it is not as we know it, the client publishes, in the same order.
 */
export class PublishWriter {
  readonly #channel: ConfirmChannel;
  #known: Known | undefined;
  #isPlanned = false;

  constructor(channel: ConfirmChannel) {
    this.#channel = channel;
    this.#known = look(channel as Inside);
    // Its number is another channel's from then on.
    channel.once('close', () => (this.#known = undefined));
  }

  /** Whether it makes the frames itself. */
  get isDirect(): boolean {
    return this.#known !== undefined;
  }

  /**
   * Answers whether the client takes more; it emits `drain` when it does again.
   * @throws Error for a message that cannot be written
   */
  publish(publish: Publish, confirmed: Confirmed): boolean {
    const known = this.#known;
    if (known === undefined || !known.isOpen() || !known.frames.add(publish)) {
      this.#flush();
      const { exchange, routingKey, content, options } = publish;
      return this.#channel.publish(exchange, routingKey, content, options, confirmed);
    }
    known.expect(confirmed);
    if (known.frames.length >= fullBytes) this.#flush();
    else if (!this.#isPlanned) this.#plan();
    return true;
  }

  #plan(): void {
    this.#isPlanned = true;
    process.nextTick(() => {
      this.#isPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#known === undefined || this.#known.frames.length === 0) return;
    const frames = this.#known.frames.take();
    if (this.#known.isOpen()) this.#known.write(frames);
  }
}

function look(channel: Inside): Known | undefined {
  const { ch, connection } = channel;
  if (typeof ch !== 'number' || connection === undefined) return undefined;
  const { frameMax, sentSinceLastCheck, channels, stream } = connection;
  const buffer = channels?.[ch]?.buffer;
  const isKnown = isDuplex(buffer) && isDuplex(stream) && typeof channel.pushConfirmCallback === 'function';
  if (!isKnown || typeof frameMax !== 'number' || typeof sentSinceLastCheck !== 'boolean') return undefined;
  return {
    frames: new PublishFrames(ch, frameMax),
    // The client replaces it then by one that throws.
    isOpen: () => !Object.hasOwn(channel, 'sendMessage') && !Object.hasOwn(connection, 'sendMessage'),
    write(frames) {
      // A sign of life, which need not be given apart.
      connection.sentSinceLastCheck = true;
      // What the client keeps for the channel goes first; it writes later, and by way of two more streams.
      if (buffer.readableLength > 0 || buffer.writableLength > 0) return void buffer.write(frames);
      stream.write(frames);
      // Now, whatever gathers writes.
      stream.uncork();
    },
    expect: (confirmed) => channel.pushConfirmCallback?.(confirmed),
  };
}

function isDuplex(value: unknown): value is Duplex {
  const { write, uncork, readableLength, writableLength } = (value ?? {}) as Partial<Duplex>;
  const isWritable = typeof write === 'function' && typeof uncork === 'function';
  return isWritable && typeof readableLength === 'number' && typeof writableLength === 'number';
}
