import type { Import } from './source-tree.js';

/** Imports that tie the entries of one folder, its files and subfolders, in a circle. */
export interface Circle {
  readonly folder: string;
  readonly entries: readonly string[];
  readonly imports: readonly Import[];
}

/**
 * Circles among the entries of each folder. An entry is a file or a whole subfolder, so a file that imports from the
 * folder above what imports its own folder counts as well: where there is no circle, every folder reads from top to
 * bottom.
 */
export function circlesIn(imports: readonly Import[]): readonly Circle[] {
  const folders = new Map<string, Map<string, Map<string, Import[]>>>();
  for (const link of imports) {
    const { folder, from, to } = meetingPlace(link);
    if (from === to) continue;
    const entries = getOr(folders, folder, () => new Map<string, Map<string, Import[]>>());
    getOr(
      getOr(entries, from, () => new Map<string, Import[]>()),
      to,
      () => [],
    ).push(link);
  }
  return [...folders].flatMap(([folder, entries]) =>
    stronglyConnected(entries).map((circle) => ({
      folder,
      entries: circle,
      imports: circle.flatMap((from) =>
        [...(entries.get(from) ?? [])].flatMap(([to, links]) => (circle.includes(to) ? links : [])),
      ),
    })),
  );
}

/** The deepest folder that holds both ends, and the entry of it that each end is in. */
function meetingPlace({ from, to }: Import): { folder: string; from: string; to: string } {
  const [a, b] = [from.split('/'), to.split('/')];
  let depth = 0;
  while (depth < a.length - 1 && depth < b.length - 1 && a[depth] === b[depth]) depth += 1;
  return { folder: a.slice(0, depth).join('/'), from: a[depth] ?? '', to: b[depth] ?? '' };
}

/** Groups of two or more that reach each other (Tarjan's algorithm). */
function stronglyConnected(graph: ReadonlyMap<string, ReadonlyMap<string, unknown>>): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const groups: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node) ?? 0);
    stack.push(node);
    for (const next of graph.get(node)?.keys() ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1) groups.push(group.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return groups;
}

function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
