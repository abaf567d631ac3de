import { isIPv4, isIPv6 } from 'node:net';
import { addressOf, hostOf } from './host.js';

/** Who may use a server. */
export interface AllowList {
  /** Names and addresses that a request may call the server by, each in the spelling of `hostOf`. */
  readonly hosts: ReadonlySet<string>;
  /** Origins whose pages may send requests although they are of another site, as a browser writes them. */
  readonly origins: ReadonlySet<string>;
}

/** By these a machine reaches itself, and no name server has a say in it. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];
/** Not the address of anything, but browsers take it for this machine. */
const UNSPECIFIED = ['0.0.0.0', '::'];

/** An entry of a list that means nothing, or more than its author may know. */
export interface AllowListProblem {
  readonly list: 'hosts' | 'origins';
  /** Which entry of the list, from 1. */
  readonly position: number;
  readonly entry: string;
  /** What is wrong with it and what to write; the entry is not in it. */
  readonly problem: string;
}

/** Lists are wrong; the message names every entry that is. */
export class AllowListError extends Error {
  override readonly name = 'AllowListError';

  constructor(readonly problems: readonly AllowListProblem[]) {
    super(problems.map(messageOf).join('\n'));
  }
}

function messageOf({ list, entry, problem }: AllowListProblem): string {
  return `The allowed ${list === 'hosts' ? 'host' : 'origin'} ${JSON.stringify(entry)} ${problem}.`;
}

/**
 * The loopback names and what else is allowed.
 * @param hosts further names and addresses, without scheme, port and path
 * @param origins `http://` or `https://`, a host, and a port where it is not the scheme's own
 * @throws AllowListError that names every entry that is wrong
 */
export function createAllowList(hosts: readonly string[] = [], origins: readonly string[] = []): AllowList {
  const problems = [...problemsOfHosts(hosts), ...problemsOfOrigins(origins)];
  if (problems.length > 0) throw new AllowListError(problems);
  return {
    hosts: new Set([...LOOPBACK, ...hosts.map((host) => hostOfEntry(host) ?? host)]),
    origins: new Set(origins),
  };
}

/** What is wrong with entries for hosts. */
export function problemsOfHosts(entries: readonly string[]): readonly AllowListProblem[] {
  return problemsOf('hosts', entries, problemOfHost);
}

/** What is wrong with entries for origins. */
export function problemsOfOrigins(entries: readonly string[]): readonly AllowListProblem[] {
  return problemsOf('origins', entries, problemOfOrigin);
}

function problemsOf(
  list: AllowListProblem['list'],
  entries: readonly string[],
  problemOfEntry: (entry: string) => string | undefined,
): readonly AllowListProblem[] {
  return entries.flatMap((entry, index) => {
    const problem = problemOfEntry(entry);
    return problem === undefined ? [] : [{ list, position: index + 1, entry, problem }];
  });
}

/** The entries of a variable that holds several, separated by commas. */
export function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** What to allow besides, for a server that listens on `host`: its name, unless it is every address. */
export function listenedName(host: string): readonly string[] {
  return hostOfEntry(host) === undefined || UNSPECIFIED.includes(host) ? [] : [host];
}

/** An entry may be an IPv6 address without its brackets: it has no port. */
function hostOfEntry(entry: string): string | undefined {
  return isIPv6(entry) ? addressOf(entry) : hostOf(entry);
}

function problemOfHost(entry: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(entry)) return 'has a scheme: write the host alone, such as orders.example';
  if (entry.includes('*') || entry.startsWith('.')) return 'is a pattern: write out every host';
  if (/[/?#]/.test(entry)) return 'has a path: write the host alone, such as orders.example';
  const host = hostOfEntry(entry);
  if (host === undefined || looksLikeAddress(host)) return 'is no host name and no IP address';
  if (/:\d*$/.test(entry) && !isIPv6(entry)) return 'has a port: a host is allowed on every port, so leave it out';
  if (UNSPECIFIED.includes(host)) return 'means every address: write the name or the address that clients use';
  return undefined;
}

/** What a browser would read as an IPv4 address, such as 127.1 or 0x7f000001, and send as what it is. */
function looksLikeAddress(host: string): boolean {
  return !isIPv4(host) && !isIPv6(host) && /(^|\.)(\d+|0x[0-9a-f]*)$/.test(host);
}

function problemOfOrigin(entry: string): string | undefined {
  if (entry.includes('*')) return 'is a pattern: write out every origin';
  const url = URL.parse(entry);
  if (!url || !/^https?:$/.test(url.protocol)) {
    return 'is no origin: write scheme, host and, where needed, port, such as https://shop.example';
  }
  return url.origin === entry ? undefined : `is not as browsers send it: write ${url.origin}`;
}
