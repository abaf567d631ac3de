import { trimSlashes } from '../../entities/entity-path.js';

/** What the path of a management request names. */
export type Resource =
  /** The namespace's own address: what is publicly listed there. */
  | { readonly kind: 'services' }
  | { readonly kind: 'namespace' }
  | { readonly kind: 'queues' }
  | { readonly kind: 'topics' }
  /** A queue or topic. */
  | { readonly kind: 'entity'; readonly path: string }
  | { readonly kind: 'subscriptions'; readonly topic: string }
  | { readonly kind: 'subscription'; readonly topic: string; readonly name: string }
  | { readonly kind: 'rules'; readonly topic: string; readonly subscription: string }
  | { readonly kind: 'rule'; readonly topic: string; readonly subscription: string; readonly name: string };

const PATTERN = /^(?<topic>.+?)\/subscriptions(?:\/(?<subscription>[^/]+)(?<rules>\/rules(?:\/(?<rule>[^/]+))?)?)?$/i;

const COLLECTIONS: Readonly<Record<string, Resource>> = {
  '': { kind: 'services' },
  $namespaceinfo: { kind: 'namespace' },
  '$resources/queues': { kind: 'queues' },
  '$resources/topics': { kind: 'topics' },
};

/** @param path decoded, such as `/events/Subscriptions/billing/Rules/$Default` */
export function parseResource(path: string): Resource {
  const trimmed = trimSlashes(path);
  const collection = COLLECTIONS[trimmed.toLowerCase()];
  if (collection) return collection;
  const { topic, subscription, rules, rule } = PATTERN.exec(trimmed)?.groups ?? {};
  if (topic === undefined) return { kind: 'entity', path: trimmed };
  if (subscription === undefined) return { kind: 'subscriptions', topic };
  if (rules === undefined) return { kind: 'subscription', topic, name: subscription };
  if (rule === undefined) return { kind: 'rules', topic, subscription };
  return { kind: 'rule', topic, subscription, name: rule };
}
