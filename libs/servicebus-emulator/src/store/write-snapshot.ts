import type { SingleEvent } from '../entities/events.js';
import { ByteWriter } from './byte-writer.js';
import { encodeEvent } from './encode-event.js';
import { snapshotName, UNFINISHED_SNAPSHOT } from './file-names.js';
import type { StoreDirectory, StoreFile } from './files.js';
import { FRAME_HEADER_SIZE, newFileHeader, sealFrame } from './frame.js';

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
      size = await writeFrames(file, events, signal);
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

async function writeFrames(file: StoreFile, events: Iterable<SingleEvent>, signal: AbortSignal): Promise<number> {
  const { header, salt } = newFileHeader();
  await file.write(header, 0);
  let position = header.length;
  const slice = new ByteWriter(FRAME_HEADER_SIZE);
  const writeSlice = async () => {
    signal.throwIfAborted();
    const frame = slice.finish();
    sealFrame(frame, salt);
    await file.write(frame, position);
    position += frame.length;
    slice.clear();
  };
  for (const event of events) {
    encodeEvent(event, slice);
    if (slice.length >= SLICE_SIZE) {
      await writeSlice();
    }
  }
  if (slice.length > FRAME_HEADER_SIZE) {
    await writeSlice();
  }
  // An empty frame says that nothing is missing.
  await writeSlice();
  return position;
}
