/**
 * What each resource waits for, directly or not: addresses without instance keys, as
 * `module.system.module.apps.azurerm_container_app.this`.
 */
export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads them from what `terraform graph` prints. */
export function readDependencies(dot: string): Dependencies {
  const direct = new Map<string, string[]>();
  for (const [, node = ''] of dot.matchAll(/^\s*"([^"]+)" \[label=/gm)) direct.set(node, []);
  for (const [, from = '', to = ''] of dot.matchAll(/^\s*"([^"]+)" -> "([^"]+)";$/gm)) direct.get(from)?.push(to);
  return new Map([...direct.keys()].map((node) => [node, reachableFrom(node, direct)]));
}

function reachableFrom(start: string, direct: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>();
  const next = [...(direct.get(start) ?? [])];
  for (let node = next.pop(); node !== undefined; node = next.pop()) {
    if (reached.has(node)) continue;
    reached.add(node);
    next.push(...(direct.get(node) ?? []));
  }
  return reached;
}
