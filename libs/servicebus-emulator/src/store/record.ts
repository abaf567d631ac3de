import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/*
 * A file is a header and records. A record is what was written at once: events that one sync makes durable together.
 *
 *   file header   "OFSBUS1\n", 4 bytes of salt
 *   record        "FRM1", length of the payload, CRC-32 of length and payload seeded with the salt, payload
 *
 * Zeros behind the last record are room for more. Numbers are 32 bits, little endian. The salt differs from file to
 * file, so that a record of another file (in the body of a message, say) is never taken for one of this file.
 */

const FILE_MAGIC = Buffer.from('OFSBUS1\n', 'latin1');
/** The first bytes of every record. */
export const RECORD_MAGIC = Buffer.from('FRM1', 'latin1');

export const FILE_HEADER_SIZE = FILE_MAGIC.length + 4;
export const RECORD_HEADER_SIZE = RECORD_MAGIC.length + 8;

const LENGTH_AT = RECORD_MAGIC.length;
const CHECKSUM_AT = LENGTH_AT + 4;

export interface FileHeader {
  readonly header: Buffer;
  readonly salt: number;
}

/** A new file's header, with a salt of its own. */
export function newFileHeader(): FileHeader {
  const salt = randomBytes(4);
  return { header: Buffer.concat([FILE_MAGIC, salt]), salt: salt.readUInt32LE() };
}

/** The salt of a file, or undefined when these are not the first bytes of one. */
export function readFileHeader(bytes: Buffer): number | undefined {
  const complete = bytes.length >= FILE_HEADER_SIZE && bytes.subarray(0, FILE_MAGIC.length).equals(FILE_MAGIC);
  return complete ? bytes.readUInt32LE(FILE_MAGIC.length) : undefined;
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
