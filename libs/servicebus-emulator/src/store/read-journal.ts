import type { BrokerEvent } from '../entities/events.js';
import { applyRecord } from './apply-record.js';
import { StoreCorruptError } from './errors.js';
import { journalName, SYNCED_NOTE } from './file-names.js';
import type { StoreDirectory, StoreFile } from './files.js';
import { FILE_HEADER_SIZE } from './record.js';
import { RecordReader } from './record-reader.js';
import type { Synced } from './synced-note.js';

/** What recovery needs. */
export interface RecoverOptions {
  readonly directory: StoreDirectory;
  /** Called for every event in order. */
  readonly apply: (event: BrokerEvent) => void;
  readonly log: (message: string) => void;
}

/** Where a journal file ends. */
export interface JournalEnd {
  readonly number: number;
  /** Its intact bytes. */
  readonly length: number;
  /** Whether no record is in it. */
  readonly isEmpty: boolean;
}

interface JournalToRead {
  readonly number: number;
  readonly isLast: boolean;
  readonly note: Synced | 'missing' | 'unreadable';
  /** The file before it, when that was read. */
  readonly before: JournalEnd | undefined;
}

/**
 * Reads a journal file, and cuts off what a crash left behind the last record of the last one.
 * @throws StoreCorruptError for anything else that is not as it was written, before it is changed
 */
export async function readJournal(journal: JournalToRead, options: RecoverOptions): Promise<JournalEnd> {
  const { number, isLast, before } = journal;
  const name = journalName(number);
  const file = await options.directory.open(name, isLast ? 'change' : 'read');
  try {
    const reader = await RecordReader.open(file);
    const problem = await readRecords(reader, name, options);
    requireWhole(before, reader.header?.previousLength);
    await requireCrash(journal, reader, problem);
    if (isLast) {
      if (problem !== undefined) options.log(describeCut(name, reader, problem, await file.size()));
      else warnWithoutNote(journal, reader, options);
      await cutOff(file, reader.position);
    }
    return { number, length: reader.position, isEmpty: reader.position <= (reader.header?.size ?? 0) };
  } finally {
    await file.close();
  }
}

/** Applies every intact record; answers what is wrong behind them, undefined when they reach to the end. */
async function readRecords(reader: RecordReader, name: string, { apply }: RecoverOptions): Promise<string | undefined> {
  for (;;) {
    const at = reader.position;
    const result = await reader.next();
    if (result.kind === 'end') return undefined;
    if (result.kind === 'damage') return result.problem;
    applyRecord(result.payload, { name, at, apply });
  }
}

/** The header of each file says how long the one before it was when it was finished. */
function requireWhole(before: JournalEnd | undefined, length: number | undefined): void {
  if (before === undefined || length === undefined || length === before.length) return;
  const problem = `the file ends here, and had ${length} bytes when the next one was begun`;
  throw new StoreCorruptError(journalName(before.number), before.length, problem);
}

/** @throws StoreCorruptError unless the file is whole, or ends as a crash leaves it */
async function requireCrash(journal: JournalToRead, reader: RecordReader, problem?: string): Promise<void> {
  const { number, isLast, note } = journal;
  const refuse = (reason: string) => {
    throw new StoreCorruptError(journalName(number), reader.position, reason);
  };
  if (typeof note === 'object' && note.file === number && reader.position < note.length) {
    refuse(`${problem ?? 'the file ends here'}, and ${note.length} bytes of it were on the disk`);
  }
  if (problem === undefined) return;
  if (!isLast) refuse(problem);
  if (hasNote(reader) && typeof note === 'string') {
    refuse(`${problem}, and ${SYNCED_NOTE}, which says how much of it was on the disk, is ${note}`);
  }
  // Between two syncs pages reach the disk in any order, so that a power cut leaves holes in what was written since.
  if (reader.header?.sync !== 'interval' && (await reader.findsRecordBehind())) refuse(problem);
}

/** Whether the note speaks of this file: it does as soon as the file has a header, in this format. */
function hasNote({ header }: RecordReader): boolean {
  return header?.sync !== undefined;
}

function warnWithoutNote({ number, note }: JournalToRead, reader: RecordReader, { log }: RecoverOptions): void {
  if (typeof note === 'object' || !hasNote(reader) || reader.position <= FILE_HEADER_SIZE) return;
  log(`${SYNCED_NOTE} is ${note}: nothing says whether records are missing at the end of ${journalName(number)}`);
}

function describeCut(name: string, { position, header }: RecordReader, problem: string, size: number): string {
  const isAccepted = header !== undefined && header.sync !== 'always';
  return (
    `${name}: cut off ${size - position} bytes at byte ${position} that a crash left unfinished (${problem}); ` +
    (isAccepted ? 'what was accepted since the last sync may be in them' : 'nothing that was accepted is in them')
  );
}

async function cutOff(file: StoreFile, length: number): Promise<void> {
  if ((await file.size()) === length) return;
  await file.truncate(length);
  await file.sync();
}
