import { problemOfName, problemOfPath } from '../entities/entity-path.js';
import type { Topology, TopologyProblem } from './topology.js';

/** Azure dead-letters a message that was forwarded more often. */
const MAX_HOPS = 4;

/** A queue or subscription that may forward. */
interface Source {
  /** In the file. */
  readonly path: string;
  /** The queue, or the topic of the subscription: where messages come from. */
  readonly entity: string;
  readonly options:
    | Topology['queues'][number]['options']
    | Topology['topics'][number]['subscriptions'][number]['options'];
}

/** Finds what no single field shows: names that are taken or illegal, and forwarding that leads nowhere. */
export function checkTopology(topology: Topology, root: string): readonly TopologyProblem[] {
  return [...checkNames(topology, root), ...checkForwarding(topology, root)];
}

interface Named {
  readonly path: string;
  readonly name: string;
}

function checkNames({ queues, topics }: Topology, root: string): readonly TopologyProblem[] {
  const entities = [...named(queues, `${root}.Queues`), ...named(topics, `${root}.Topics`)];
  const inner = topics.flatMap(({ subscriptions }, index) => {
    const path = `${root}.Topics[${index}].Subscriptions`;
    const rules = subscriptions.map(({ rules: own }, at) => named(own, `${path}[${at}].Rules`));
    return [named(subscriptions, path), ...rules];
  });
  return [
    ...illegal(entities, problemOfPath),
    ...duplicates(entities),
    ...inner.flatMap((names) => [...illegal(names, problemOfName), ...duplicates(names)]),
  ];
}

function named(list: readonly { readonly name: string }[], path: string): readonly Named[] {
  return list.map(({ name }, index) => ({ path: `${path}[${index}].Name`, name }));
}

function illegal(names: readonly Named[], problemOf: (name: string) => string | undefined): TopologyProblem[] {
  return names.flatMap(({ path, name }) => {
    // An empty name has been reported as missing.
    const message = name === '' ? undefined : problemOf(name);
    return message === undefined ? [] : [{ path, message }];
  });
}

function duplicates(names: readonly Named[]): TopologyProblem[] {
  const first = new Map<string, string>();
  return names.flatMap(({ path, name }) => {
    const key = name.toLowerCase();
    const earlier = first.get(key);
    first.set(key, earlier ?? path);
    const isTaken = earlier !== undefined && name !== '';
    return isTaken
      ? [{ path, message: `'${name}' is the name of ${earlier} already; case does not tell names apart` }]
      : [];
  });
}

function checkForwarding(topology: Topology, root: string): readonly TopologyProblem[] {
  const sources = sourcesOf(topology, root);
  const entities = new Set([...topology.queues, ...topology.topics].map(({ name }) => name.toLowerCase()));
  const tooFar = findLongChains(sources);
  return sources.flatMap((source) => [
    ...checkTarget(source, entities, 'ForwardTo', source.options.forwardTo),
    ...checkTarget(source, entities, 'ForwardDeadLetteredMessagesTo', source.options.forwardDeadLetteredMessagesTo),
    ...checkSession(source),
    ...tooFar(source),
  ]);
}

function sourcesOf({ queues, topics }: Topology, root: string): readonly Source[] {
  const path = (list: string, index: number) => `${root}.${list}[${index}]`;
  return [
    ...queues.map(({ name, options }, index) => ({ path: path('Queues', index), entity: name.toLowerCase(), options })),
    ...topics.flatMap(({ name, subscriptions }, index) =>
      subscriptions.map(({ options }, at) => ({
        path: `${path('Topics', index)}.Subscriptions[${at}]`,
        entity: name.toLowerCase(),
        options,
      })),
    ),
  ];
}

function checkTarget(
  source: Source,
  entities: ReadonlySet<string>,
  field: string,
  target: string | undefined,
): readonly TopologyProblem[] {
  const path = `${source.path}.Properties.${field}`;
  if (target === undefined) {
    return [];
  }
  if (!entities.has(target.toLowerCase())) {
    return [{ path, message: `there is no queue or topic '${target}' in this namespace` }];
  }
  const toItself = target.toLowerCase() === source.entity;
  return toItself ? [{ path, message: `'${target}' cannot forward to itself` }] : [];
}

function checkSession({ path, options }: Source): readonly TopologyProblem[] {
  const both = options.requiresSession && options.forwardTo !== undefined;
  const message = 'an entity that requires sessions cannot forward; remove ForwardTo or RequiresSession';
  return both ? [{ path: `${path}.Properties.ForwardTo`, message }] : [];
}

/** Walks on from every source at once, a hop at a time: what can still go on after the last hop goes too far. */
function findLongChains(sources: readonly Source[]): (source: Source) => readonly TopologyProblem[] {
  const edges = sources.flatMap(({ entity, options }) => {
    const target = options.forwardTo?.toLowerCase();
    // Forwarding to itself has a message of its own.
    return target === undefined || target === entity ? [] : [{ entity, target }];
  });
  /** For each entity that has a way of the length so far: the next entity on it. */
  let ways = new Map(edges.map(({ entity, target }) => [entity, [target]]));
  for (let length = 2; length <= MAX_HOPS; length += 1) {
    ways = new Map(
      edges.flatMap(({ entity, target }) => {
        const rest = ways.get(target);
        return rest === undefined ? [] : [[entity, [target, ...rest]]];
      }),
    );
  }
  return ({ path, entity, options }) => {
    const target = options.forwardTo?.toLowerCase();
    const rest = target === undefined || target === entity ? undefined : ways.get(target);
    if (target === undefined || rest === undefined) {
      return [];
    }
    const chain = [entity, target, ...rest].join(' → ');
    const message = `forwards on for more than ${MAX_HOPS} hops (${chain} …); such messages are dead-lettered`;
    return [{ path: `${path}.Properties.ForwardTo`, message }];
  };
}
