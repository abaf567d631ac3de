import type { BrokerCore } from '../../broker-core.js';
import { BrokerError } from '../../entities/errors.js';
import { formatXml, type XmlElement } from '../xml.js';
import { deleteEntity, findEntity, listEntities, listSubscriptions, putEntity } from './entities.js';
import type { AtomContext, AtomRequest } from './atom-request.js';
import { type Entry, etagOf, formatEntry, formatFeed, formatServices } from './feed.js';
import { parseResource, type Resource } from './resource.js';
import { deleteRule, findRule, listRules, putRule } from './rules.js';

interface AtomAnswer {
  readonly status: 200 | 201;
  /** A document; empty after a deletion. */
  readonly xml: string;
  /** What the document is, for its content type. */
  readonly document: 'entry' | 'feed';
  /** The version of what was asked for; undefined where there is none. */
  readonly etag: string | undefined;
}

const API_VERSIONS = ['2021-05', '2017-04'];
/** What Azure lists at most, and by default. */
const PAGE_SIZE = 100;

/** The management API: queues, topics, subscriptions and rules as ATOM entries over HTTP. */
export class AtomApi {
  readonly #core: BrokerCore;
  readonly #name: string;

  /** @param name the namespace's */
  constructor(core: BrokerCore, name: string) {
    this.#core = core;
    this.#name = name;
  }

  /** What whoever asks for the namespace's own address gets. */
  services(): string {
    return formatXml(formatServices(this.#name, new Date(this.#core.clock.now()).toISOString()));
  }

  /** Resolves once what was done is durable. @throws BrokerError, XmlError or RuleSyntaxError when it is refused */
  async answer(request: AtomRequest): Promise<AtomAnswer> {
    const { clock } = this.#core;
    const apiVersion = request.query.get('api-version') ?? '';
    if (!API_VERSIONS.includes(apiVersion)) {
      throw new BrokerError(
        'com.microsoft:argument-error',
        `The api-version '${apiVersion}' is not supported: use one of ${API_VERSIONS.join(', ')}.`,
      );
    }
    const now = new Date(clock.now()).toISOString();
    const context = { core: this.#core, name: this.#name, base: request.base, apiVersion, now };
    const resource = parseResource(request.path);
    switch (request.method) {
      case 'GET':
        return this.#get(context, resource, request);
      case 'PUT':
        return this.#put(context, resource, request);
      case 'DELETE':
        return this.#delete(context, resource);
      default:
        throw new BrokerError('amqp:not-implemented', `The method ${request.method} is not supported here.`);
    }
  }

  #get(context: AtomContext, resource: Resource, request: AtomRequest): AtomAnswer {
    const { feed, entry } = get(context, resource, request);
    if (feed) return { status: 200, xml: formatXml(feed), document: 'feed', etag: undefined };
    return { status: 200, xml: formatXml(formatEntry(entry, context)), document: 'entry', etag: etagOf(entry) };
  }

  async #delete(context: AtomContext, resource: Resource): Promise<AtomAnswer> {
    const entry = remove(context, resource);
    await this.#durable();
    return { status: 200, xml: '', document: 'entry', etag: etagOf(entry) };
  }

  async #put(context: AtomContext, resource: Resource, request: AtomRequest): Promise<AtomAnswer> {
    const entry = put(context, resource, request);
    await this.#durable();
    const xml = formatXml(formatEntry(entry, context));
    // What was just created has no version to compare with yet: Azure's answer leaves it out.
    if (!request.update) return { status: 201, xml, document: 'entry', etag: undefined };
    return { status: 200, xml, document: 'entry', etag: etagOf(entry) };
  }

  #durable(): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#core.whenDurable((error) => (error === undefined ? resolve() : reject(error as Error))),
    );
  }
}

/** One thing, or a list as a document. */
type Found =
  | { readonly entry: Entry; readonly feed?: undefined }
  | { readonly feed: XmlElement; readonly entry?: undefined };

function get(context: AtomContext, resource: Resource, request: AtomRequest): Found {
  switch (resource.kind) {
    case 'services':
      return { feed: formatServices(context.name, context.now) };
    case 'namespace':
      return { entry: describeNamespace(context) };
    case 'queues':
      return list(context, request, 'Queues', listEntities(context, 'queue'));
    case 'topics':
      return list(context, request, 'Topics', listEntities(context, 'topic'));
    case 'subscriptions':
      return list(context, request, 'Subscriptions', listSubscriptions(context, resource.topic));
    case 'rules':
      return list(context, request, 'Rules', listRules(context, resource));
    case 'rule':
      return { entry: findRule(context, resource) };
    default:
      return { entry: findEntity(context, resource) };
  }
}

function put(context: AtomContext, resource: Resource, request: AtomRequest): Entry {
  if (resource.kind === 'rule') return putRule(context, resource, request);
  if (resource.kind === 'entity' || resource.kind === 'subscription') return putEntity(context, resource, request);
  throw notForWriting(resource);
}

function remove(context: AtomContext, resource: Resource): Entry {
  if (resource.kind === 'rule') return deleteRule(context, resource);
  if (resource.kind === 'entity' || resource.kind === 'subscription') return deleteEntity(context, resource);
  throw notForWriting(resource);
}

function notForWriting({ kind }: Resource): BrokerError {
  return new BrokerError('amqp:not-allowed', `The ${kind} can only be read here.`);
}

function list(context: AtomContext, { query, path }: AtomRequest, title: string, entries: readonly Entry[]): Found {
  const skip = wholeNumber(query, '$skip') ?? 0;
  const top = Math.min(wholeNumber(query, '$top') ?? PAGE_SIZE, PAGE_SIZE);
  const page = entries.slice(skip, skip + top);
  const more = skip + top < entries.length;
  const next = more ? `$skip=${skip + top}&$top=${top}` : undefined;
  return { feed: formatFeed({ path: path.replace(/^\/+/, ''), title, entries: page, next }, context) };
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new BrokerError('com.microsoft:argument-error', `${name} must be a whole number, not '${text}'.`);
}

function describeNamespace({ core, name, now }: AtomContext): Entry {
  const createdAt = new Date(core.startedAt).toISOString();
  const description = {
    Alias: '',
    CreatedTime: createdAt,
    MessagingSKU: 'Standard',
    MessagingUnits: 0,
    ModifiedTime: now,
    Name: name,
    NamespaceType: 'Messaging',
  };
  return { path: '', title: name, updatedAt: undefined, element: 'NamespaceInfo', description };
}
