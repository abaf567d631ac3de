import { localDirectory, type StoreDirectory } from './files.js';
import { SYNC_MODES, type SyncMode } from './sync-mode.js';

const MEGABYTE = 1024 * 1024;

/** How a data directory is opened. */
export interface StoreOptions {
  /** The data directory; made when it is not there. One broker at a time may have it. */
  readonly dir: string;
  /**
   * When accepted events are on the disk itself. Default `always`: a broker that says "accepted" before it is true has
   * no use for a journal, and as everything that happens during one sync shares the next, it costs little under load.
   */
  readonly sync?: SyncMode;
  /** Whether everything in the data directory is deleted first. Default false. */
  readonly fresh?: boolean;
  /** Called with what an operator should know: an incomplete record cut off, a full disk, a failed snapshot. Default none. */
  readonly log?: (message: string) => void;
  /** The journal is replaced by a snapshot beyond this size, or beyond the last snapshot's. Default 64 MB. */
  readonly compactAfterBytes?: number;
  /** Disk space kept so that messages can be settled when the disk is full. Default 8 MB, some 200,000 settlements. */
  readonly reserveBytes?: number;
  /** How often a full disk is looked at, in ms. Default 1,000. */
  readonly spaceCheckInterval?: number;
  /** File operations in `dir`. Default: the local file system. */
  readonly files?: StoreDirectory;
}

/** {@link StoreOptions} with the defaults filled in. */
export type ResolvedStoreOptions = Readonly<Required<StoreOptions>>;

/** Fills in the defaults; undefined stands for the default. @throws TypeError that lists everything wrong */
export function resolveStoreOptions(options: StoreOptions): ResolvedStoreOptions {
  const resolved: ResolvedStoreOptions = {
    dir: options.dir,
    sync: options.sync ?? 'always',
    fresh: options.fresh ?? false,
    log: options.log ?? (() => undefined),
    compactAfterBytes: options.compactAfterBytes ?? 64 * MEGABYTE,
    reserveBytes: options.reserveBytes ?? 8 * MEGABYTE,
    spaceCheckInterval: options.spaceCheckInterval ?? 1000,
    files: options.files ?? localDirectory(options.dir),
  };
  const problems: string[] = [];
  if (!SYNC_MODES.includes(resolved.sync)) problems.push(`sync must be one of ${SYNC_MODES.join(', ')}.`);
  for (const name of ['compactAfterBytes', 'reserveBytes', 'spaceCheckInterval'] as const) {
    if (Number.isSafeInteger(resolved[name]) && resolved[name] >= 0) continue;
    problems.push(`${name} must be a whole number from 0, not ${resolved[name]}.`);
  }
  if (problems.length > 0) throw new TypeError(`The store cannot be opened: ${problems.join(' ')}`);
  return Object.freeze(resolved);
}
