import type { XmlElement } from '../xml.js';

const ATOM = 'http://www.w3.org/2005/Atom';
const SERVICE_BUS = 'http://schemas.microsoft.com/netservices/2010/10/servicebus/connect';

/** One thing the management API answers with. */
export interface Entry {
  /** Its path in the namespace: `events/Subscriptions/billing`. Clients read its name from that. */
  readonly path: string;
  /** The name of its description's element, such as `QueueDescription`. */
  readonly element: string;
  readonly description: XmlElement;
}

/** Where answers point to: the namespace's URL, as this client reached it, and the version it speaks. */
export interface FeedContext {
  readonly base: string;
  readonly apiVersion: string;
  /** ISO 8601. */
  readonly now: string;
}

export function formatEntry(entry: Entry, context: FeedContext): XmlElement {
  return { entry: { '@xmlns': ATOM, ...entryFields(entry, context) } };
}

interface FeedPage {
  readonly path: string;
  readonly entries: readonly Entry[];
  /** The query of the next page; undefined on the last one. */
  readonly next: string | undefined;
}

export function formatFeed({ path, entries, next }: FeedPage, context: FeedContext): XmlElement {
  const self = `${context.base}${path}?api-version=${context.apiVersion}`;
  // Clients look for the next page in a list of links: the first one makes it a list.
  const links = [{ '@rel': 'self', '@href': self }];
  if (next !== undefined) links.push({ '@rel': 'next', '@href': `${self}&${next}` });
  return {
    feed: {
      '@xmlns': ATOM,
      title: { '@type': 'text', '#text': path },
      id: self,
      updated: context.now,
      link: links,
      entry: entries.map((entry) => entryFields(entry, context)),
    },
  };
}

function entryFields({ path, element, description }: Entry, { base, apiVersion, now }: FeedContext): XmlElement {
  const id = `${base}${path}?api-version=${apiVersion}`;
  return {
    id,
    title: { '@type': 'text', '#text': path.slice(path.lastIndexOf('/Subscriptions/') + 1) },
    published: now,
    updated: now,
    author: { name: new URL(base).hostname },
    link: { '@rel': 'self', '@href': id },
    content: {
      '@type': 'application/xml',
      [element]: {
        '@xmlns': SERVICE_BUS,
        '@xmlns:i': 'http://www.w3.org/2001/XMLSchema-instance',
        ...description,
      },
    },
  };
}
