import type { XmlElement } from '../xml.js';

const ATOM = 'http://www.w3.org/2005/Atom';
const SERVICE_BUS = 'http://schemas.microsoft.com/netservices/2010/10/servicebus/connect';

/** One thing the management API answers with. */
export interface Entry {
  /** Its path in the namespace: `events/Subscriptions/billing`. Clients read its name from that. */
  readonly path: string;
  /** Its own name, the last part of its path as a rule. Other clients read its name from that. */
  readonly title: string;
  /** When it was last changed, ms since 1970; undefined for what has no version. */
  readonly updatedAt: number | undefined;
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
  /** What is listed, such as `Queues`. */
  readonly title: string;
  readonly entries: readonly Entry[];
  /** The query of the next page; undefined on the last one. */
  readonly next: string | undefined;
}

export function formatFeed({ path, title, entries, next }: FeedPage, context: FeedContext): XmlElement {
  const self = `${context.base}${path}?api-version=${context.apiVersion}`;
  // Clients look for the next page in a list of links: the first one makes it a list.
  const links = [{ '@rel': 'self', '@href': self }];
  if (next !== undefined) links.push({ '@rel': 'next', '@href': `${self}&${next}` });
  return {
    feed: {
      '@xmlns': ATOM,
      title: { '@type': 'text', '#text': title },
      id: self,
      updated: context.now,
      link: links,
      entry: entries.map((entry) => entryFields(entry, context)),
    },
  };
}

/** .NET's ticks: 100 ns since the year 1. */
const TICKS_PER_MS = 10_000n;
const TICKS_AT_1970 = 621_355_968_000_000_000n;

/** An entry's version as Azure writes it: the ticks of its last change. */
export function etagOf({ updatedAt }: Entry): string | undefined {
  return updatedAt === undefined ? undefined : `'${BigInt(Math.trunc(updatedAt)) * TICKS_PER_MS + TICKS_AT_1970}'`;
}

/** What Azure answers to whoever asks for the namespace itself; people look at it to see whether it can be reached. */
export function formatServices(id: string, now: string): XmlElement {
  return {
    feed: {
      '@xmlns': ATOM,
      title: { '@type': 'text', '#text': 'Publicly Listed Services' },
      subtitle: {
        '@type': 'text',
        '#text': 'This is the list of publicly-listed services currently available.',
      },
      id: `uuid:${id};id=1`,
      updated: now,
      generator: 'Service Bus 1.1',
    },
  };
}

function entryFields({ path, title, element, description }: Entry, { base, apiVersion, now }: FeedContext): XmlElement {
  const id = `${base}${path}?api-version=${apiVersion}`;
  return {
    id,
    title: { '@type': 'text', '#text': title },
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
