/** What a lock token says: which message, under which of its locks. */
export interface LockToken {
  readonly sequenceNumber: number;
  readonly lockId: number;
}

/** Tells the locks of this broker from those of another or an earlier one. Not a secret. */
export class LockTokens {
  readonly #broker: number;

  /** @param broker any number of 32 bits */
  constructor(broker: number) {
    this.#broker = broker >>> 0;
  }

  /**
   * The token as a uuid's 16 bytes in the order of RFC 4122, as management requests carry it.
   * @param bytes what they are written to
   */
  encode({ sequenceNumber, lockId }: LockToken, bytes = Buffer.allocUnsafe(16)): Buffer {
    bytes.writeUInt32BE(this.#broker, 0);
    bytes.writeUIntBE(lockId, 4, 6);
    bytes.writeUIntBE(sequenceNumber, 10, 6);
    return bytes;
  }

  /** Undefined for what is no token of this broker. @param text the uuid as text */
  decode(text: string): LockToken | undefined {
    const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
    if (bytes.length !== 16 || bytes.readUInt32BE(0) !== this.#broker) return undefined;
    return { lockId: bytes.readUIntBE(4, 6), sequenceNumber: bytes.readUIntBE(10, 6) };
  }

  /**
   * An encoded token as a delivery tag: the bytes of a .NET Guid, whose first three fields are little-endian.
   * @param uuid see {@link encode}
   * @param bytes what they are written to
   */
  static tag(uuid: Buffer, bytes = Buffer.allocUnsafe(uuid.length)): Buffer {
    uuid.copy(bytes);
    bytes.writeUInt32LE(bytes.readUInt32BE(0), 0);
    bytes.writeUInt16LE(bytes.readUInt16BE(4), 4);
    bytes.writeUInt16LE(bytes.readUInt16BE(6), 6);
    return bytes;
  }
}
