/**
 * When accepted events are on the disk itself.
 * - `always`: before they are accepted. Survives a power cut. Everything that happens during one sync shares the next.
 * - `interval`: at most 200 ms later. Survives the end of the process; a power cut takes what was accepted since.
 * - `none`: when the operating system sees fit. Survives the end of the process.
 */
export type SyncMode = (typeof SYNC_MODES)[number];

/** Every {@link SyncMode}. A journal file has the place of its own in here: new ones come last. */
export const SYNC_MODES = Object.freeze(['none', 'interval', 'always'] as const);

/** How often `interval` syncs, in ms. */
export const SYNC_INTERVAL_MS = 200;
