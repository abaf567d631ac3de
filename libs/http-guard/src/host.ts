import { isIPv4, isIPv6 } from 'node:net';

/** A host as a header or a URL names it: `name`, `name:port`, `[IPv6]`, `[IPv6]:port` (RFC 9110, section 7.2). */
const AUTHORITY = /^(\[[^\]]*\]|[^:[\]]*)(?::\d{0,5})?$/;
/** Names as DNS, `/etc/hosts` and containers have them; one dot at the end, as of an absolute name, is allowed. */
const NAME = /^(?=.{1,254}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/;

/**
 * The host of an authority in its one spelling: lower case, without port, without the dot at the end; addresses without
 * brackets, an IPv4 address inside of an IPv6 one as what it is. Undefined when it is no host: empty, with a user, with
 * an IPv6 address that has no brackets.
 */
export function hostOf(authority: string): string | undefined {
  const [, written] = AUTHORITY.exec(authority) ?? [];
  if (written === undefined) return undefined;
  if (written.startsWith('[')) return addressInside(written.slice(1, -1));
  const name = written.toLowerCase();
  return NAME.test(name) ? name.replace(/\.$/, '') : undefined;
}

/** Of brackets. A link's name (`fe80::1%eth0`) is of one machine only: it has no business in a header. */
function addressInside(address: string): string | undefined {
  return isIPv6(address) && !address.includes('%') ? addressOf(address) : undefined;
}

/** An IP address in its one spelling; without the name of a link; undefined when it is none. */
export function addressOf(address: string): string | undefined {
  if (isIPv4(address)) return address;
  const [bare = ''] = address.split('%', 1);
  if (!isIPv6(bare)) return undefined;
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}
