import type { AllowList } from './allow-list.js';
import { addressOf, hostOf } from './host.js';
import { printable } from './printable.js';

/** The parts of a request that say where it comes from, as they were received. */
export interface RequestSource {
  /** Every Host header. */
  readonly hosts: readonly string[];
  /** For example `1.1`. */
  readonly httpVersion: string;
  /** The target of the request line: a path, or a whole URL. */
  readonly target: string;
  /** Every Origin header. */
  readonly origins: readonly string[];
  /** Every Sec-Fetch-Site header. */
  readonly fetchSites: readonly string[];
  /** The address that its connection arrived on; undefined when that is not known. */
  readonly localAddress: string | undefined;
}

/** What an operator changes to let a request in: the name of a variable or of an option. */
export interface SettingNames {
  readonly hosts: string;
  readonly origins: string;
}

/** Why a request is not answered. */
export interface Refusal {
  /** 400 for a request that no client may send (RFC 9112, section 3.2), 403 for one that is not allowed here. */
  readonly status: 400 | 403;
  /** Stable, for programs. */
  readonly code: 'invalid-host' | 'host-not-allowed' | 'origin-not-allowed';
  /** For people: what was refused and what to change. Of printable ASCII only, and short. */
  readonly detail: string;
}

/**
 * Whether a request may be answered; undefined when it may.
 *
 * Every host that it names must be on the list, or be the very address that it arrived on: a page can have its own name
 * lead here (DNS rebinding), but not an address or a listed name. An Origin is held against the same list, never against
 * the Host header, since both are the page's own after rebinding. What a browser says comes from another site is refused
 * unless its origin is allowed. A request of HTTP/1.0 may leave out the host, which no browser does.
 */
export function checkRequest(source: RequestSource, allowed: AllowList, settings: SettingNames): Refusal | undefined {
  return checkHosts(source, allowed, settings) ?? checkOrigins(source, allowed, settings);
}

function checkHosts(source: RequestSource, allowed: AllowList, settings: SettingNames): Refusal | undefined {
  if (source.hosts.length > 1) return invalidHost('The request has more than one Host header. Send one.');
  if (source.hosts.length === 0 && source.httpVersion !== '1.0') {
    return invalidHost('The request has no Host header. Send one.');
  }
  for (const authority of [...source.hosts, ...authorityOfTarget(source.target)]) {
    const host = hostOf(authority);
    if (host === undefined) {
      return invalidHost(`${printable(authority)} is no host. Send a name or an address, and a port where needed.`);
    }
    if (isServed(host, source, allowed)) continue;
    const detail = `This server does not answer for the host ${printable(authority)}. If it should, add ${printable(host)} to ${settings.hosts}.`;
    return { status: 403, code: 'host-not-allowed', detail };
  }
  return undefined;
}

function checkOrigins(source: RequestSource, allowed: AllowList, settings: SettingNames): Refusal | undefined {
  const { origins, fetchSites } = source;
  if (origins.length > 0 && origins.every((origin) => allowed.origins.has(origin))) return undefined;
  for (const origin of origins) {
    const host = hostOfOrigin(origin);
    if (host !== undefined && isServed(host, source, allowed)) continue;
    return originRefused(`Pages of ${printable(origin)} may not use this server. If they should,`, settings);
  }
  const foreign = fetchSites.find((site) => site !== 'same-origin' && site !== 'none');
  if (foreign === undefined) return undefined;
  const sender = origins.length > 0 ? `a page of ${origins.map(printable).join(', ')}` : 'a page';
  const advice = 'Open the address itself instead of following a link to it. If such pages should use this server,';
  return originRefused(`The browser sent this for ${sender} that is ${printable(foreign)}. ${advice}`, settings);
}

function originRefused(reason: string, { origins }: SettingNames): Refusal {
  return { status: 403, code: 'origin-not-allowed', detail: `${reason} add their origin to ${origins}.` };
}

function invalidHost(detail: string): Refusal {
  return { status: 400, code: 'invalid-host', detail };
}

function isServed(host: string, { localAddress }: RequestSource, { hosts }: AllowList): boolean {
  return hosts.has(host) || (localAddress !== undefined && host === addressOf(localAddress));
}

/** The authority of a target in absolute form, as it is sent to proxies (RFC 9112, section 3.2.2); none of a path. */
function authorityOfTarget(target: string): readonly string[] {
  const [, authority] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(target) ?? [];
  return authority === undefined ? [] : [authority];
}

/** Undefined for what is no origin of a host, such as `null`, which is anybody's. */
function hostOfOrigin(origin: string): string | undefined {
  const [, authority] = /^https?:\/\/([^/?#]*)$/i.exec(origin) ?? [];
  return authority === undefined ? undefined : hostOf(authority);
}
