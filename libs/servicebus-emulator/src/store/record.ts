import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { SYNC_MODES, type SyncMode } from './sync-mode.js';

/*
 * A file is a header and records. A record is what was written at once: events that one sync makes durable together.
 *
 *   file header   "OFSBUS2\n", 4 bytes of salt, sync mode, length of the journal file before it in 64 bits, CRC-32
 *   record        "FRM1", length of the payload, CRC-32 of length and payload seeded with the salt, payload
 *
 * Zeros behind the last record are room for more. Numbers are 32 bits, little endian. The salt differs from file to
 * file, so that a record of another file (in the body of a message, say) is never taken for one of this file.
 * Files of the first format begin with "OFSBUS1\n" and the salt alone; they are still read.
 */

const FILE_MAGIC = Buffer.from('OFSBUS2\n', 'latin1');
const FIRST_FILE_MAGIC = Buffer.from('OFSBUS1\n', 'latin1');
/** The first bytes of every record. */
export const RECORD_MAGIC = Buffer.from('FRM1', 'latin1');

const SALT_AT = FILE_MAGIC.length;
const SYNC_AT = SALT_AT + 4;
const PREVIOUS_LENGTH_AT = SYNC_AT + 4;
const HEADER_CHECKSUM_AT = PREVIOUS_LENGTH_AT + 8;
/** Of files that are written; those of the first format have {@link SYNC_AT} bytes. */
export const FILE_HEADER_SIZE = HEADER_CHECKSUM_AT + 4;
export const RECORD_HEADER_SIZE = RECORD_MAGIC.length + 8;

const LENGTH_AT = RECORD_MAGIC.length;
const CHECKSUM_AT = LENGTH_AT + 4;

/** What the beginning of a file says. */
export interface FileHeader {
  readonly salt: number;
  /** In bytes. */
  readonly size: number;
  /** How the file is synced; undefined in the first format, which did not say. */
  readonly sync: SyncMode | undefined;
  /** How long the journal file before this one is, in bytes; 0 when there is none, undefined in the first format. */
  readonly previousLength: number | undefined;
}

/** The bytes of a new file's header, and the salt of its own in them. */
export function newFileHeader(
  sync: SyncMode,
  previousLength: number,
): { readonly bytes: Buffer; readonly salt: number } {
  const bytes = Buffer.alloc(FILE_HEADER_SIZE);
  FILE_MAGIC.copy(bytes);
  randomBytes(4).copy(bytes, SALT_AT);
  bytes.writeUInt32LE(SYNC_MODES.indexOf(sync), SYNC_AT);
  bytes.writeBigUInt64LE(BigInt(previousLength), PREVIOUS_LENGTH_AT);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_CHECKSUM_AT)), HEADER_CHECKSUM_AT);
  return { bytes, salt: bytes.readUInt32LE(SALT_AT) };
}

/** Reads the header at the start of a file's first bytes; undefined when they are not the first bytes of one. */
export function readFileHeader(bytes: Buffer): FileHeader | undefined {
  if (bytes.length >= SYNC_AT && bytes.subarray(0, SALT_AT).equals(FIRST_FILE_MAGIC)) {
    return { salt: bytes.readUInt32LE(SALT_AT), size: SYNC_AT, sync: undefined, previousLength: undefined };
  }
  if (bytes.length < FILE_HEADER_SIZE || !bytes.subarray(0, SALT_AT).equals(FILE_MAGIC)) return undefined;
  if (crc32(bytes.subarray(0, HEADER_CHECKSUM_AT)) !== bytes.readUInt32LE(HEADER_CHECKSUM_AT)) return undefined;
  return {
    salt: bytes.readUInt32LE(SALT_AT),
    size: FILE_HEADER_SIZE,
    sync: SYNC_MODES[bytes.readUInt32LE(SYNC_AT)],
    previousLength: Number(bytes.readBigUInt64LE(PREVIOUS_LENGTH_AT)),
  };
}

/** Fills in the header of a record whose first {@link RECORD_HEADER_SIZE} bytes were left free. */
export function sealRecord(record: Buffer, salt: number): void {
  RECORD_MAGIC.copy(record);
  record.writeUInt32LE(record.length - RECORD_HEADER_SIZE, LENGTH_AT);
  record.writeUInt32LE(checksum(record, salt), CHECKSUM_AT);
}

/** The length of the payload that this header announces, or undefined when it is no record's header. */
export function readPayloadLength(header: Buffer): number | undefined {
  return header.subarray(0, LENGTH_AT).equals(RECORD_MAGIC) ? header.readUInt32LE(LENGTH_AT) : undefined;
}

/** Whether a whole record is as it was written. */
export function isIntact(record: Buffer, salt: number): boolean {
  return record.readUInt32LE(CHECKSUM_AT) === checksum(record, salt);
}

function checksum(record: Buffer, salt: number): number {
  const length = crc32(record.subarray(LENGTH_AT, CHECKSUM_AT), salt);
  return crc32(record.subarray(RECORD_HEADER_SIZE), length);
}
