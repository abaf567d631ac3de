import type { BrokerEvent } from '../entities/events.js';
import { ByteReader } from './byte-reader.js';
import { decodeEvent } from './decode-event.js';
import { StoreCorruptError } from './errors.js';
import { journalName, snapshotName, takeInventory } from './file-names.js';
import type { StoreDirectory, StoreFile } from './files.js';
import { FILE_HEADER_SIZE } from './record.js';
import { RecordReader } from './record-reader.js';

/** What was found in a data directory. */
interface Recovered {
  /** The number of the journal file to write next. */
  readonly nextJournal: number;
  /** Bytes in the journal files behind the last snapshot. */
  readonly journalBytes: number;
  /** Bytes in the last snapshot; 0 without one. */
  readonly snapshotBytes: number;
}

/** What recovery needs. */
interface RecoverOptions {
  readonly directory: StoreDirectory;
  /** Called for every event in order. */
  readonly apply: (event: BrokerEvent) => void;
  readonly log: (message: string) => void;
}

/**
 * Reads the last snapshot and the journal files behind it, and cuts off the incomplete record that a crash left.
 * @throws StoreCorruptError for any other damage, before anything is changed
 */
export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { journals, snapshots } = takeInventory(await options.directory.list());
  const snapshot = snapshots.at(-1);
  const following = journals.filter((number) => number >= (snapshot ?? 1));
  requireConsecutive(following, snapshot);
  const snapshotBytes = snapshot === undefined ? 0 : await readSnapshot(snapshotName(snapshot), options);
  let journalBytes = 0;
  let nextJournal = snapshot ?? 1;
  for (const number of following) {
    const isLast = number === following.at(-1);
    const bytes = await readJournal(journalName(number), isLast, options);
    journalBytes += bytes;
    // A file without a record in it is used again.
    nextJournal = bytes <= FILE_HEADER_SIZE ? number : number + 1;
  }
  return { nextJournal, journalBytes, snapshotBytes };
}

function requireConsecutive(journals: readonly number[], snapshot: number | undefined): void {
  const first = snapshot ?? 1;
  if (snapshot !== undefined && journals.length === 0) {
    throw new StoreCorruptError(journalName(first), 0, 'the file is missing');
  }
  journals.forEach((number, index) => {
    if (number !== first + index) {
      throw new StoreCorruptError(journalName(first + index), 0, 'the file is missing');
    }
  });
}

async function readSnapshot(name: string, { directory, apply }: RecoverOptions): Promise<number> {
  const file = await directory.open(name, 'read');
  try {
    const reader = await RecordReader.open(file);
    let complete = false;
    for (;;) {
      const at = reader.position;
      const result = await reader.next();
      if (result.kind === 'damage') {
        throw new StoreCorruptError(name, reader.position, result.problem);
      }
      if (result.kind === 'end') {
        break;
      }
      // The last record of a snapshot is empty, and only the last.
      complete = result.payload.length === 0;
      applyRecord(result.payload, { name, at, apply });
    }
    if (!complete) {
      throw new StoreCorruptError(name, reader.position, 'its end is missing');
    }
    return reader.position;
  } finally {
    await file.close();
  }
}

/** Answers how many bytes of the file are intact. */
async function readJournal(name: string, isLast: boolean, options: RecoverOptions): Promise<number> {
  const { directory, apply, log } = options;
  const file = await directory.open(name, isLast ? 'change' : 'read');
  try {
    const reader = await RecordReader.open(file);
    for (;;) {
      const at = reader.position;
      const result = await reader.next();
      if (result.kind === 'end') {
        if (isLast) await cutOff(file, reader.position);
        return reader.position;
      }
      if (result.kind === 'record') {
        applyRecord(result.payload, { name, at, apply });
        continue;
      }
      if (!isLast || (await reader.findsRecordBehind())) {
        throw new StoreCorruptError(name, reader.position, result.problem);
      }
      const size = await file.size();
      log(
        `${name}: cut off ${size - reader.position} bytes at byte ${reader.position} that a crash left unfinished ` +
          `(${result.problem}); nothing that was accepted is in them`,
      );
      await cutOff(file, reader.position);
      return reader.position;
    }
  } finally {
    await file.close();
  }
}

async function cutOff(file: StoreFile, length: number): Promise<void> {
  if ((await file.size()) === length) return;
  await file.truncate(length);
  await file.sync();
}

interface JournalRecord {
  readonly name: string;
  readonly at: number;
  readonly apply: (event: BrokerEvent) => void;
}

function applyRecord(payload: Buffer, { name, at, apply }: JournalRecord): void {
  const reader = new ByteReader(payload);
  while (!reader.atEnd) {
    apply(decodeOrRefuse(reader, name, at));
  }
}

function decodeOrRefuse(reader: ByteReader, name: string, at: number): BrokerEvent {
  try {
    return decodeEvent(reader);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreCorruptError(name, at, `the record cannot be read by this version (${reason})`);
  }
}
