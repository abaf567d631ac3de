/** What a path leads to, whatever the method. */
export interface RouteMatch {
  /** The methods that are served there, in alphabetical order. */
  readonly methods: readonly string[];
  /** The parameters of the path by name, percent-encoded as they came. */
  readonly parameters: ReadonlyMap<string, string>;
}

interface Route {
  readonly segments: readonly string[];
  readonly methods: Set<string>;
}

/**
 * Knows which methods a path has. The router keeps a tree for each method, and so cannot distinguish a path that nobody knows
 * from one that is asked with the wrong method.
 */
export class RouteTable {
  readonly #routes = new Map<string, Route>();
  /** What was found for paths that read as a route does, mostly those without parameters: no more than there are routes. */
  readonly #found = new Map<string, RouteMatch>();

  /** @param url in the notation of find-my-way: `/orders/:id`, `/docs/*` */
  add(methods: string | readonly string[], url: string): void {
    const route = this.#routes.get(url) ?? { segments: url.split('/'), methods: new Set<string>() };
    for (const method of [methods].flat()) route.methods.add(method);
    this.#routes.set(url, route);
    this.#found.clear();
  }

  /** Undefined for a path that no route has. */
  find(path: string): RouteMatch | undefined {
    const known = this.#found.get(path);
    if (known) return known;
    const match = this.#match(path);
    if (match && this.#routes.has(path)) this.#found.set(path, match);
    return match;
  }

  #match(path: string): RouteMatch | undefined {
    const segments = path.split('/');
    const plain = segments.map((segment) => (segment.includes('%') ? (decoded(segment) ?? segment) : segment));
    const found = [...this.#routes.values()].filter((route) => matches(route.segments, plain));
    const [first] = found;
    if (!first) return undefined;
    const methods = [...new Set(found.flatMap((route) => [...route.methods]))].sort();
    return { methods, parameters: parametersOf(first.segments, segments) };
  }

  /** Every method of every route, in the notation of the router. */
  get routes(): readonly { readonly method: string; readonly path: string }[] {
    return [...this.#routes].flatMap(([path, { methods }]) => [...methods].map((method) => ({ method, path })));
  }

  /** Every method that some path has, in alphabetical order. */
  get methods(): readonly string[] {
    return [...new Set([...this.#routes.values()].flatMap((route) => [...route.methods]))].sort();
  }
}

/** @param path its segments, decoded */
function matches(pattern: readonly string[], path: readonly string[]): boolean {
  if (pattern.at(-1) === '*') {
    return path.length >= pattern.length && matches(pattern.slice(0, -1), path.slice(0, pattern.length - 1));
  }
  return pattern.length === path.length && pattern.every((part, index) => matchesSegment(part, path[index] ?? ''));
}

function matchesSegment(pattern: string, segment: string): boolean {
  return pattern.startsWith(':') ? segment !== '' : pattern === segment;
}

function parametersOf(pattern: readonly string[], path: readonly string[]): ReadonlyMap<string, string> {
  const named = pattern
    .map((part, index) => [part, path[index] ?? ''] as const)
    .filter(([part]) => part.startsWith(':'));
  return new Map(named.map(([part, value]) => [part.slice(1), value]));
}

/** Undefined where the percent escapes are malformed or stand for no UTF-8: also for halves of surrogate pairs. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
