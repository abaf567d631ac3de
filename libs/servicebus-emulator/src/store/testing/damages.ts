import { FILE_HEADER_SIZE, RECORD_HEADER_SIZE } from '../record.js';

type Files = ReadonlyMap<string, Buffer>;

interface Damage {
  /** What was done, and where: for the report of a test. */
  readonly what: string;
  readonly files: Files;
}

/** Where the records of a file begin, and where the last one ends. */
export function recordBounds(bytes: Buffer): readonly number[] {
  const bounds = [FILE_HEADER_SIZE];
  for (;;) {
    const at = bounds.at(-1) ?? 0;
    if (at + RECORD_HEADER_SIZE > bytes.length) return bounds;
    if (bytes.toString('latin1', at, at + 4) !== 'FRM1') return bounds;
    bounds.push(at + RECORD_HEADER_SIZE + bytes.readUInt32LE(at + 4));
  }
}

/**
 * Files with one thing wrong, each: a bit flipped in every kind of byte that a journal or the note has; a journal that
 * ends at a record's end or is empty; a file that is not there.
 */
export function* damagesOf(files: Files): Generator<Damage> {
  for (const [name, bytes] of files) {
    const isJournal = name.startsWith('journal');
    if (!isJournal && name !== 'synced') continue;
    const places = isJournal ? bytesOfEachKind(bytes) : [...bytes.keys()];
    for (const at of places) {
      yield { what: `${name}: bit at ${at}`, files: new Map(files).set(name, flipped(bytes, at)) };
    }
    if (!isJournal) continue;
    for (const end of [0, ...recordBounds(bytes)].filter((length) => length < bytes.length)) {
      yield { what: `${name}: cut at ${end}`, files: new Map(files).set(name, bytes.subarray(0, end)) };
    }
    const rest = new Map(files);
    rest.delete(name);
    yield { what: `${name}: removed`, files: rest };
  }
  const noJournals = new Map([...files].filter(([name]) => !name.startsWith('journal')));
  if (noJournals.size < files.size) yield { what: 'all journals removed', files: noJournals };
}

/** Magic, salt, sync mode, length before, checksum; then of each record magic, length, checksum, payload's ends. */
function bytesOfEachKind(bytes: Buffer): readonly number[] {
  const bounds = recordBounds(bytes);
  const ofRecords = bounds.slice(0, -1).flatMap((start, index) => {
    const end = bounds[index + 1] ?? start;
    return [start, start + 4, start + 7, start + 8, start + RECORD_HEADER_SIZE, end - 1];
  });
  return [0, 7, 8, 12, 16, 24, ...ofRecords].filter((at) => at < bytes.length);
}

/** The bytes with one bit of one of them changed. */
export function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
}
