import { MAX_NAME_LENGTH, MAX_PATH_LENGTH } from './options.js';

/** Which of an entity's queues an address means. */
export type SubQueue = 'main' | 'deadLetters' | 'transferDeadLetters';

export interface EntityAddress {
  /** The entity itself, as written: `orders`, `events/Subscriptions/billing`. */
  readonly entity: string;
  readonly subQueue: SubQueue;
  /** Whether it is the entity's `$management` node. */
  readonly management: boolean;
}

const SUFFIXES: readonly (readonly [suffix: string, subQueue: SubQueue])[] = [
  ['/$transfer/$deadletterqueue', 'transferDeadLetters'],
  ['/$deadletterqueue', 'deadLetters'],
];

/** Clients write an address as a path, or as a URI: `amqps://host:5671/orders/$DeadLetterQueue`. */
const URI = /^(?:amqps?|sb):\/\/[^/?#]*\/*([^?#]*)/i;

/**
 * An address as the path of what it names, without a leading slash. A URI's scheme, host and query are left out: a
 * client calls this broker by whichever name it reaches it.
 */
export function pathOfAddress(address: string): string {
  const uri = URI.exec(address);
  return (uri ? decoded(uri[1] as string) : address).replace(/^\/+/, '');
}

/** A path of a URI; as it is when it is not encoded after all. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Reads an address from the right: an entity's name may contain slashes itself. */
export function parseAddress(address: string): EntityAddress {
  let entity = pathOfAddress(address);
  const management = entity.toLowerCase().endsWith('/$management');
  if (management) entity = entity.slice(0, -'/$management'.length);
  for (const [suffix, subQueue] of SUFFIXES) {
    if (entity.toLowerCase().endsWith(suffix)) return { entity: entity.slice(0, -suffix.length), subQueue, management };
  }
  return { entity, subQueue: 'main', management };
}

/** Without the slashes at its beginning and end, in one pass: `/\/+$/` takes time that grows with the square of a run. */
export function trimSlashes(path: string): string {
  let start = 0;
  let end = path.length;
  while (path[start] === '/') start += 1;
  while (end > start && path[end - 1] === '/') end -= 1;
  return path.slice(start, end);
}

const SUBSCRIPTION = /^(.+)\/subscriptions\/([^/]+)$/i;

/** The topic and name of a subscription's path; undefined for the path of a queue or topic. */
export function parseSubscriptionPath(path: string): { readonly topic: string; readonly name: string } | undefined {
  const [, topic, name] = SUBSCRIPTION.exec(path) ?? [];
  return topic !== undefined && name !== undefined ? { topic, name } : undefined;
}

export function subscriptionPath(topic: string, name: string): string {
  return `${topic}/Subscriptions/${name}`;
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._~-]*[A-Za-z0-9_])?$/;

/** What is wrong with the name of a queue or topic; undefined when nothing is. */
export function problemOfPath(path: string): string | undefined {
  if (path.length > MAX_PATH_LENGTH) return `The name '${path}' is longer than ${MAX_PATH_LENGTH} characters.`;
  if (path.split('/').every((segment) => NAME.test(segment)) && !parseSubscriptionPath(path)) return undefined;
  return `'${path}' is no name of an entity: letters, digits, '.', '-', '_', '~' and '/', beginning and ending with a letter or digit.`;
}

/** What is wrong with the name of a subscription or rule; undefined when nothing is. */
export function problemOfName(name: string): string | undefined {
  if (name.length > MAX_NAME_LENGTH) return `The name '${name}' is longer than ${MAX_NAME_LENGTH} characters.`;
  if (name === '$Default' || NAME.test(name)) return undefined;
  return `'${name}' is no name: letters, digits, '.', '-', '_' and '~', beginning and ending with a letter or digit.`;
}
