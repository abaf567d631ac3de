import type { ServiceBusClient, ServiceBusReceivedMessage } from '@azure/service-bus';

/** Where the tag of a delivery keeps the payloads of its message: as long as the SDK keeps the tag, and no longer. */
const payloads = Symbol('payloads');

interface Tag extends Uint8Array {
  [payloads]?: Buffer[];
}

/** One frame of a message, as rhea read it. */
interface TransferFrame {
  readonly performative: { readonly delivery_tag?: Tag | null; readonly more?: boolean };
  readonly payload?: Buffer;
}

interface Transfers {
  on_transfer(frame: TransferFrame & { readonly channel: number }): void;
}

/**
 * Where the SDK keeps rhea's connection: not published. The SDK decodes a message at once and forgets of which type its
 * values were (an int comes back as a uint, a symbol as a string), so that only the bytes tell what is to be copied. A
 * test of ours fails should it move; copies are then written anew from what is known, as a message of ours.
 */
interface KeepsTransfers {
  readonly _connectionContext?: { readonly connection?: { readonly _connection?: Transfers } };
}

/** Where the SDK keeps rhea's delivery: it has the very tag that came with the first frame. */
interface HasDelivery {
  readonly delivery?: { tag?: Tag | null };
}

const watched = new WeakSet<object>();

/** Keeps the bytes of all messages that the client's present connection receives; does nothing the second time. */
export function keepReceivedBytes(client: ServiceBusClient): void {
  const connection = (client as unknown as KeepsTransfers)._connectionContext?.connection?._connection;
  if (connection === undefined || watched.has(connection)) return;
  watched.add(connection);
  const onTransfer = connection.on_transfer.bind(connection);
  /** The message under way on each channel: a link sends its frames one after the other, and the SDK has a channel a link. */
  const unfinished = new Map<number, Buffer[]>();
  connection.on_transfer = (frame) => {
    const { performative, payload, channel } = frame;
    const tag = performative.delivery_tag;
    const frames = unfinished.get(channel) ?? [];
    if (payload !== undefined) frames.push(payload);
    if (tag instanceof Uint8Array) tag[payloads] ??= frames;
    if (performative.more === true) unfinished.set(channel, frames);
    else unfinished.delete(channel);
    onTransfer(frame);
  };
}

/** A received message as it came; undefined when that is not known. */
export function bytesOf(message: ServiceBusReceivedMessage): Buffer | undefined {
  const frames = (message as HasDelivery).delivery?.tag?.[payloads];
  if (frames === undefined || frames.length === 0) return undefined;
  return frames.length === 1 ? frames[0] : Buffer.concat(frames);
}

/** Lets go of a message that is only held: its lock stays ours, its content is no longer kept. */
export function forgetContent(message: ServiceBusReceivedMessage): void {
  const { delivery } = message as HasDelivery;
  // The tag is a slice of what was read from the socket, and would keep all of that.
  if (delivery?.tag instanceof Uint8Array) delivery.tag = Uint8Array.prototype.slice.call(delivery.tag);
  const content = message as { body: unknown; applicationProperties?: unknown; _rawAmqpMessage: unknown };
  content.body = undefined;
  content.applicationProperties = undefined;
  content._rawAmqpMessage = { body: undefined };
}
