import { journalName, RESERVE, snapshotName, SYNCED_NOTE, takeInventory, UNFINISHED_SNAPSHOT } from './file-names.js';
import type { StoreDirectory } from './files.js';

/**
 * Deletes all that a broker keeps in a directory. A crash on the way leaves a directory that is refused, until this is
 * done again: the note of the journal goes last, and a journal without its beginning is not read.
 */
export async function beginAnew(directory: StoreDirectory): Promise<void> {
  const { journals, snapshots } = takeInventory(await directory.list());
  for (const number of snapshots.toReversed()) await directory.remove(snapshotName(number));
  for (const number of journals) await directory.remove(journalName(number));
  await directory.remove(UNFINISHED_SNAPSHOT);
  await directory.sync();
  await directory.remove(RESERVE);
  await directory.remove(SYNCED_NOTE);
  await directory.sync();
}
