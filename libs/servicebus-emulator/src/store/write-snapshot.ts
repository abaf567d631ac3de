import type { SingleEvent } from '../entities/events.js';
import { ByteWriter } from './byte-writer.js';
import { encodeEvent } from './encode-event.js';
import { snapshotName, UNFINISHED_SNAPSHOT } from './file-names.js';
import type { StoreDirectory, StoreFile } from './files.js';
import { RECORD_HEADER_SIZE, newFileHeader, sealRecord } from './record.js';

/** Encoding this much takes about a millisecond; after that others have their turn. */
const SLICE_SIZE = 256 * 1024;

/**
 * Writes all events as snapshot `number`, slice by slice. It has its name only when it is complete and on the disk.
 * @returns its size in bytes
 * @throws what kept it from being written, or the signal's reason; nothing of it is left then
 */
export async function writeSnapshot(
  directory: StoreDirectory,
  number: number,
  events: Iterable<SingleEvent>,
  signal: AbortSignal,
): Promise<number> {
  try {
    const file = await directory.open(UNFINISHED_SNAPSHOT, 'create');
    let size: number;
    try {
      size = await writeRecords(file, events, signal);
      await file.sync();
    } finally {
      await file.close();
    }
    await directory.rename(UNFINISHED_SNAPSHOT, snapshotName(number));
    await directory.sync();
    return size;
  } catch (error) {
    await directory.remove(UNFINISHED_SNAPSHOT);
    throw error;
  }
}

async function writeRecords(file: StoreFile, events: Iterable<SingleEvent>, signal: AbortSignal): Promise<number> {
  const { bytes: header, salt } = newFileHeader('always', 0);
  await file.write(header, 0);
  let position = header.length;
  const slice = new ByteWriter(RECORD_HEADER_SIZE);
  const writeSlice = async () => {
    signal.throwIfAborted();
    const record = slice.finish();
    sealRecord(record, salt);
    await file.write(record, position);
    position += record.length;
    slice.clear();
  };
  for (const event of events) {
    encodeEvent(event, slice);
    if (slice.length >= SLICE_SIZE) {
      await writeSlice();
    }
  }
  if (slice.length > RECORD_HEADER_SIZE) {
    await writeSlice();
  }
  // An empty record says that nothing is missing.
  await writeSlice();
  return position;
}
