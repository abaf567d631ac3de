/**
 * Loads an entry of the published package that needs optional peers. Node.js resolves every import of a module before
 * it runs the first line, so that a missing peer can only be explained around a dynamic import.
 *
 * @throws Error that says what to install, when a peer is missing; else what loading the entry throws
 */
export async function importWithPeers<M>(entry: string, peers: readonly string[], load: () => Promise<M>): Promise<M> {
  try {
    return await load();
  } catch (error) {
    const missing = peers.filter((peer) => !isInstalled(peer));
    if (missing.length === 0) throw error;
    // Without the cause: it is one of the missing peers, with a path inside this package.
    throw new Error(`${entry} needs ${missing.join(' and ')}: npm i ${missing.join(' ')}`);
  }
}

function isInstalled(peer: string): boolean {
  try {
    import.meta.resolve(peer);
    return true;
  } catch {
    return false;
  }
}
