import type { IncomingDelivery, ReceiverInternals, SessionInternals, TransferFrame } from './rhea-internals.js';

/** A whole message as it came off the wire; `bytes` undefined when it was larger than its link allows. */
export interface RawTransfer {
  readonly delivery: IncomingDelivery;
  readonly format: number;
  readonly size: number;
  readonly bytes: Buffer | undefined;
}

export type TakeTransfer = (receiver: ReceiverInternals, transfer: RawTransfer) => void;

/**
 * Replaces rhea's handling of incoming transfers, which decodes every message: decoding loses AMQP's types, and costs
 * more than all the rest. What comes out is the bytes.
 * @param limit the most bytes a message on this link may have
 */
export function takeRawTransfers(
  session: SessionInternals,
  limit: (receiver: ReceiverInternals) => number,
  take: TakeTransfer,
): void {
  const { incoming } = session;
  incoming.on_transfer = (frame, receiver) => {
    incoming.next_transfer_id++;
    if (!receiver.is_remote_open()) throw new Error('A transfer came after the link was detached.');
    const delivery = receiver._incomplete ?? begin(session, frame, receiver);
    const { delivery_id: id, more, aborted, settled } = frame.performative;
    if (id != null && id !== delivery.id) {
      throw new Error(`Delivery ${delivery.id} is not complete, yet a transfer of ${id} came.`);
    }
    if (settled) delivery.remote_settled = true;
    append(delivery, frame.payload, limit(receiver));
    if (more && !aborted) {
      receiver._incomplete = delivery;
      return;
    }
    receiver._incomplete = undefined;
    receiver.credit--;
    receiver.delivery_count++;
    if (aborted) {
      delivery.settled = true;
      return;
    }
    const { frames, size, format } = delivery;
    delivery.frames = undefined;
    const bytes = frames?.length === 1 ? frames[0] : frames && Buffer.concat(frames, size);
    take(receiver, { delivery, format, size, bytes });
  };
}

function begin(
  session: SessionInternals,
  { performative }: TransferFrame,
  receiver: ReceiverInternals,
): IncomingDelivery {
  const { incoming } = session;
  const id = performative.delivery_id;
  if (id == null) throw new Error('The first transfer of a delivery has no delivery-id.');
  incoming.next_delivery_id ??= id;
  if (id !== incoming.next_delivery_id) {
    throw new Error(`Delivery ${incoming.next_delivery_id} was expected, not ${id}.`);
  }
  if (receiver.credit <= 0) throw new Error('A transfer came although the link had no credit.');
  const delivery: IncomingDelivery = {
    id,
    format: performative.message_format ?? 0,
    link: receiver,
    settled: false,
    state: undefined,
    remote_settled: performative.settled ?? false,
    remote_state: performative.state,
    frames: [],
    size: 0,
    incomplete: false,
    update: (settled, state) => incoming.update(delivery, settled, state),
  };
  incoming.deliveries.push(delivery);
  incoming.next_delivery_id++;
  return delivery;
}

/** Keeps the bytes as long as there are not too many; beyond that it only counts. */
function append(delivery: IncomingDelivery, payload: Buffer | undefined, limit: number): void {
  if (!payload) return;
  delivery.size += payload.length;
  if (delivery.size > limit) delivery.frames = undefined;
  delivery.frames?.push(payload);
}
