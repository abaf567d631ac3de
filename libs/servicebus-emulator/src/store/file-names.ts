/** Journal files are numbered; snapshot N holds all that happened before journal file N. */
const NAME = /^(journal|snapshot)-(\d{10})$/;

/** A snapshot that is being written: it counts for nothing until it has its real name. */
export const UNFINISHED_SNAPSHOT = 'snapshot.unfinished';

/** How much of the journal is on the disk itself. */
export const SYNCED_NOTE = 'synced';

/** Disk space that is kept for settlements when the disk is full. */
export const RESERVE = 'reserve';

export function journalName(number: number): string {
  return `journal-${String(number).padStart(10, '0')}`;
}

export function snapshotName(number: number): string {
  return `snapshot-${String(number).padStart(10, '0')}`;
}

/** What lies in a data directory, by number, lowest first. */
interface Inventory {
  readonly journals: readonly number[];
  readonly snapshots: readonly number[];
}

export function takeInventory(names: readonly string[]): Inventory {
  const numbers = (kind: string) =>
    names
      .flatMap((name) => {
        const [, found, digits] = NAME.exec(name) ?? [];
        return found === kind ? [Number(digits)] : [];
      })
      .sort((left, right) => left - right);
  return { journals: numbers('journal'), snapshots: numbers('snapshot') };
}
