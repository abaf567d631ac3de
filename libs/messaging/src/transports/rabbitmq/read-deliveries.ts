import type { ChannelModel, ConsumeMessage } from 'amqplib';
import { DeliveryFrames } from './delivery-frames.js';

/** What is used of the client that is not published. */
interface Inside {
  readonly connection?: InsideOfConnection;
}

interface InsideOfConnection {
  /** What has arrived and is not read yet. */
  rest?: unknown;
  accept?: unknown;
  recvFrame?(): unknown;
  /** For the heartbeats. */
  recvSinceLastCheck?: unknown;
  readonly stream?: { read?(): Buffer | null };
  readonly channels?: unknown;
}

interface InsideOfChannel {
  readonly consumers?: ReadonlyMap<string, unknown>;
  dispatchMessage?(fields: ConsumeMessage['fields'], message: ConsumeMessage): unknown;
}

/**
 * Reads the deliveries of a connection, which is half of what the client costs a consumer; all else the client reads, and
 * deliveries too where it is not as we know it.
 *
 * @returns whether it is
 */
export function readDeliveries(model: ChannelModel): boolean {
  const { connection } = model as Inside;
  if (connection === undefined) return false;
  const { recvFrame, accept, channels, stream } = connection;
  if (typeof recvFrame !== 'function' || typeof accept !== 'function' || !Array.isArray(channels)) return false;
  if (!Buffer.isBuffer(connection.rest) || typeof connection.recvSinceLastCheck !== 'boolean') return false;
  if (typeof stream?.read !== 'function') return false;
  const frames = new DeliveryFrames();
  /** Delivers what is there, and keeps what comes after that. */
  const deliver = (rest: Buffer): void => {
    let read = 0;
    try {
      for (let next = frames.read(rest, 0); next !== undefined; next = frames.read(rest, read)) {
        const channel = (channels[next.channel] as { readonly channel?: InsideOfChannel } | null)?.channel;
        if (channel === undefined || !isConsumed(channel, next.message)) return;
        read = next.end;
        channel.dispatchMessage?.(next.message.fields, next.message);
        // A consumer may have ended the connection.
        if (connection.accept !== accept) return;
      }
    } finally {
      if (read > 0) connection.rest = rest.subarray(read);
    }
  };
  connection.recvFrame = () => {
    // Set otherwise while the connection is being closed.
    while (connection.accept === accept && Buffer.isBuffer(connection.rest)) {
      deliver(connection.rest);
      if (connection.rest.length > 0 || connection.accept !== accept) break;
      // The client would copy what arrives, to put it behind nothing.
      const arrived = stream.read?.() ?? null;
      if (arrived === null) return false;
      connection.recvSinceLastCheck = true;
      connection.rest = arrived;
    }
    return recvFrame.call(connection);
  };
  return true;
}

/** A channel that is being closed takes nothing, by an `accept` of its own. */
function isConsumed(channel: InsideOfChannel, { fields }: ConsumeMessage): boolean {
  return channel.consumers?.has(fields.consumerTag) === true && !Object.hasOwn(channel, 'accept');
}
