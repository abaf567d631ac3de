import { applyRecord } from './apply-record.js';
import { StoreCorruptError } from './errors.js';
import { journalName, RESERVE, snapshotName, takeInventory } from './file-names.js';
import type { JournalPlace } from './journal-file.js';
import { type JournalEnd, readJournal, type RecoverOptions } from './read-journal.js';
import { RecordReader } from './record-reader.js';
import { readSyncedNote, type Synced } from './synced-note.js';

/** What was found in a data directory. */
interface Recovered {
  /** The journal file to write next. */
  readonly next: JournalPlace;
  /** Bytes in the journal files behind the last snapshot. */
  readonly journalBytes: number;
  /** Bytes in the last snapshot; 0 without one. */
  readonly snapshotBytes: number;
}

/**
 * Reads the last snapshot and the journal files behind it, and cuts off the incomplete record that a crash left.
 * @throws StoreCorruptError for any other damage, before anything is changed
 */
export async function recover(options: RecoverOptions): Promise<Recovered> {
  const names = await options.directory.list();
  const { journals, snapshots } = takeInventory(names);
  const note = await readSyncedNote(options.directory);
  const snapshot = snapshots.at(-1);
  const following = journals.filter((number) => number >= (snapshot ?? 1));
  requireConsecutive(following, snapshot);
  requireNoted(journals.at(-1) ?? 0, note, names);
  const snapshotBytes = snapshot === undefined ? 0 : await readSnapshot(snapshotName(snapshot), options);
  let journalBytes = 0;
  let before: JournalEnd | undefined;
  let last: JournalEnd | undefined;
  for (const number of following) {
    before = last;
    last = await readJournal({ number, isLast: number === following.at(-1), note, before }, options);
    journalBytes += last.length;
  }
  return { next: placeAfter(last, before, snapshot ?? 1), journalBytes, snapshotBytes };
}

/** A file without a record in it is used again. */
function placeAfter(last: JournalEnd | undefined, before: JournalEnd | undefined, first: number): JournalPlace {
  if (!last) return { number: first, previousLength: 0, isThere: false };
  if (last.isEmpty) return { number: last.number, previousLength: before?.length ?? 0, isThere: true };
  return { number: last.number + 1, previousLength: last.length, isThere: false };
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

/** A directory that is known to have had a journal has one. A file into which nothing was accepted may be missing. */
function requireNoted(last: number, note: Synced | 'missing' | 'unreadable', names: readonly string[]): void {
  if (typeof note === 'string') {
    // The reserve is made after the first journal file; without a journal a note says nothing good either.
    if (last > 0 || (note === 'missing' && !names.includes(RESERVE))) return;
    throw new StoreCorruptError(journalName(1), 0, 'the file is missing');
  }
  if (note.file > last && !(note.length === 0 && note.file === last + 1)) {
    throw new StoreCorruptError(journalName(note.file), 0, 'the file is missing');
  }
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
