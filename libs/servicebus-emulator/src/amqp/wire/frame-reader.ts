import type { ConnectionInternals, FlowFields, LinkInternals, ReceiverInternals } from '../rhea-internals.js';

const HEADER_SIZE = 8;
/** The usual beginning of a frame behind its size: no extended header, AMQP. */
const PLAIN_AMQP = 0x0200;
const FLOW = 0x13;
const TRANSFER = 0x14;
const DISPOSITION = 0x15;
/** What the fields of a list are read into; more of them are rhea's business. */
const MAX_FIELDS = 11;
const ACCEPTED_LIST = [0x00, 0x53, 0x24] as const;

type Field = number | boolean | null | typeof ACCEPTED | typeof BINARY;
const ACCEPTED = Symbol('accepted');
/** A delivery tag: nobody asks for it. */
const BINARY = Symbol('binary');

/**
 * Reads the three frames there are most of (transfers, dispositions and flows in their usual encodings) without the
 * objects rhea makes for every field. Whatever is unusual, or wrong, is left to rhea frame by frame.
 */
export function readFramesOf(connection: ConnectionInternals): void {
  const transport = connection.amqp_transport;
  const readByRhea = transport.read.bind(transport);
  const reader = new FrameReader(connection);
  finishFramesFirst(connection);
  transport.read = (buffer) => {
    if (!transport.header_received) return readByRhea(buffer);
    let offset = 0;
    while (offset < buffer.length - 4) {
      const end = offset + buffer.readUInt32BE(offset);
      if (end > buffer.length) break;
      if (end < offset + HEADER_SIZE || !reader.take(buffer, offset, end)) {
        // A size that is too small is an error, and rhea the one to say it.
        const read = readByRhea(buffer.subarray(offset, Math.max(end, offset + HEADER_SIZE)));
        if (read === 0) break;
      }
      offset = end;
    }
    return offset;
  };
}

/**
 * What of a frame has come rhea keeps, and appends all that comes next to it: here only the rest of that frame, so that
 * what follows is not copied.
 */
function finishFramesFirst(connection: ConnectionInternals): void {
  const input = connection.input.bind(connection);
  connection.input = (bytes) => {
    const missing = connection.frame_size === undefined ? 0 : connection.frame_size - connection.received_bytes;
    if (missing === 0 || missing >= bytes.length) return input(bytes);
    input(bytes.subarray(0, missing));
    input(bytes.subarray(missing));
  };
}

class FrameReader {
  readonly #connection: ConnectionInternals;
  readonly #fields: Field[] = new Array<Field>(MAX_FIELDS).fill(null);
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(connection: ConnectionInternals) {
    this.#connection = connection;
  }

  /** @returns false when the frame is none of those read here; nothing has happened then */
  take(bytes: Buffer, start: number, end: number): boolean {
    if (end - start < HEADER_SIZE + 5 || bytes.readUInt16BE(start + 4) !== PLAIN_AMQP) return false;
    if (bytes[start + 8] !== 0 || bytes[start + 9] !== 0x53) return false;
    const code = bytes[start + 10] as number;
    if (code < FLOW || code > DISPOSITION) return false;
    this.#bytes = bytes;
    this.#at = start + 11;
    if (!this.#readList(end)) return false;
    const session = this.#connection.remote_channel_map[bytes.readUInt16BE(start + 6)];
    if (!session) return false;
    if (code === TRANSFER) return this.#transfer(session.remote.handles, end);
    return code === FLOW ? this.#flow(session) : this.#disposition(session);
  }

  #transfer(handles: Readonly<Record<number, LinkInternals | undefined>>, end: number): boolean {
    const [handle, id, , format, settled, more, , state, , aborted] = this.#fields;
    if (typeof handle !== 'number' || state !== null) return false;
    const link = handles[handle];
    if (!link?.is_receiver() || typeof id === 'boolean' || typeof format === 'boolean') return false;
    const performative = {
      delivery_id: asNumber(id),
      message_format: asNumber(format),
      settled: settled === true,
      more: more === true,
      aborted: aborted === true,
    };
    const payload = this.#at < end ? this.#bytes.subarray(this.#at, end) : undefined;
    link.session.incoming.on_transfer({ performative, payload }, link as ReceiverInternals);
    return true;
  }

  #disposition({ outgoing }: LinkInternals['session']): boolean {
    const [role, first, last, settled, state] = this.#fields;
    if (role !== true || typeof first !== 'number' || state !== ACCEPTED) return false;
    outgoing.settledByClient(first, typeof last === 'number' ? last : first, settled === true, 'accepted');
    return true;
  }

  #flow(session: LinkInternals['session']): boolean {
    const [nextIncoming, incomingWindow, nextOutgoing, outgoingWindow, handle, count, credit, , drain] = this.#fields;
    if (typeof incomingWindow !== 'number' || typeof nextOutgoing !== 'number') return false;
    const link = typeof handle === 'number' ? session.remote.handles[handle] : undefined;
    if (typeof outgoingWindow !== 'number' || (handle !== null && !link)) return false;
    const performative: FlowFields = {
      next_incoming_id: asNumber(nextIncoming),
      incoming_window: incomingWindow,
      next_outgoing_id: nextOutgoing,
      outgoing_window: outgoingWindow,
      handle: asNumber(handle),
      delivery_count: asNumber(count),
      link_credit: asNumber(credit),
      drain: drain === true,
    };
    session.incoming.on_flow(performative);
    session.outgoing.on_flow(performative);
    link?.on_flow({ performative });
    return true;
  }

  /** Reads the fields of the list at the position; behind it the position is at the payload. */
  #readList(end: number): boolean {
    const fields = this.#fields;
    const bytes = this.#bytes;
    const code = bytes[this.#at];
    const width = code === 0xc0 ? 1 : code === 0xd0 ? 4 : 0;
    if (width === 0 || this.#at + 1 + 2 * width > end) return false;
    const size = bytes.readUIntBE(this.#at + 1, width);
    const count = bytes.readUIntBE(this.#at + 1 + width, width);
    const listEnd = this.#at + 1 + width + size;
    if (listEnd > end || count > MAX_FIELDS) return false;
    this.#at += 1 + 2 * width;
    for (let i = 0; i < count; i++) {
      const field = this.#at < listEnd ? this.#readField(listEnd) : undefined;
      if (field === undefined) return false;
      fields[i] = field;
    }
    fields.fill(null, count);
    return this.#at === listEnd;
  }

  /** @returns undefined for what is not read here */
  #readField(end: number): Field | undefined {
    const bytes = this.#bytes;
    const at = this.#at;
    switch (bytes[at]) {
      case 0x40:
        return this.#found(null, 1, end);
      case 0x41:
        return this.#found(true, 1, end);
      case 0x42:
        return this.#found(false, 1, end);
      case 0x43:
        return this.#found(0, 1, end);
      case 0x50:
      case 0x52:
        return this.#found(bytes[at + 1] as number, 2, end);
      case 0x70:
        return at + 5 <= end ? this.#found(bytes.readUInt32BE(at + 1), 5, end) : undefined;
      case 0xa0:
        return this.#found(BINARY, 2 + (bytes[at + 1] ?? 0), end);
      case 0x00:
        return this.#readAccepted(end);
      default:
        return undefined;
    }
  }

  #readAccepted(end: number): Field | undefined {
    const at = this.#at;
    if (ACCEPTED_LIST.some((byte, i) => this.#bytes[at + i] !== byte)) return undefined;
    if (this.#bytes[at + 3] === 0x45) return this.#found(ACCEPTED, 4, end);
    const isEmptyList = this.#bytes[at + 3] === 0xc0 && this.#bytes[at + 4] === 1 && this.#bytes[at + 5] === 0;
    return isEmptyList ? this.#found(ACCEPTED, 6, end) : undefined;
  }

  #found(value: Field, length: number, end: number): Field | undefined {
    this.#at += length;
    return this.#at <= end ? value : undefined;
  }
}

function asNumber(field: Field | undefined): number | undefined {
  return typeof field === 'number' ? field : undefined;
}
