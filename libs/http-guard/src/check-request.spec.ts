import { describe, expect, it } from '@jest/globals';
import { createAllowList } from './allow-list.js';
import { checkRequest, type RequestSource } from './check-request.js';

const allowed = createAllowList(['orders.example'], ['https://shop.example']);
const settings = { hosts: 'ALLOWED_HOSTS', origins: 'ALLOWED_ORIGINS' };

/** A request that curl would send, but for some of it. */
function check(changes: Partial<RequestSource>) {
  const curl = { hosts: ['localhost:3000'], httpVersion: '1.1', target: '/', origins: [], fetchSites: [] };
  return checkRequest({ ...curl, localAddress: '127.0.0.1', ...changes }, allowed, settings);
}
const codeOf = (changes: Partial<RequestSource>) => check(changes)?.code ?? 'passes';

describe('a host', () => {
  it.each([
    'localhost',
    'LOCALHOST.:1',
    '127.0.0.1:3000',
    '[::1]:3000',
    'orders.example',
    'orders.example:8443',
    '[::ffff:127.0.0.1]',
  ])('%s is served', (host) => {
    expect(codeOf({ hosts: [host] })).toBe('passes');
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    'orders.example.evil.example',
    'evilorders.example',
    'api.orders.example',
    '0.0.0.0:3000',
    '127.0.0.2',
    '10.0.0.7',
    '127.1',
    '[::2]',
  ])('%s is refused', (host) => {
    expect(check({ hosts: [host] })).toMatchObject({ status: 403, code: 'host-not-allowed' });
  });

  it.each(['', 'me@localhost', '::1', 'localhost:x', 'localhost, localhost', '[::1'])('%j is invalid', (host) => {
    expect(check({ hosts: [host] })).toMatchObject({ status: 400, code: 'invalid-host' });
  });

  it('may be missing in HTTP/1.0, and later may not', () => {
    expect(codeOf({ hosts: [], httpVersion: '1.0' })).toBe('passes');
    expect(check({ hosts: [] })).toMatchObject({ status: 400, code: 'invalid-host' });
  });

  it('may not be there twice, not even the same one', () => {
    expect(check({ hosts: ['localhost', 'localhost'] })).toMatchObject({ status: 400, code: 'invalid-host' });
  });

  it('may be the address that the connection arrived on, and no other', () => {
    const probe = { hosts: ['10.0.0.7:3000'] };
    expect(codeOf({ ...probe, localAddress: '10.0.0.7' })).toBe('passes');
    expect(codeOf({ ...probe, localAddress: '::ffff:10.0.0.7' })).toBe('passes');
    expect(codeOf({ ...probe, localAddress: '10.0.0.8' })).toBe('host-not-allowed');
    expect(codeOf({ ...probe, localAddress: undefined })).toBe('host-not-allowed');
    expect(codeOf({ hosts: ['[2001:db8:0::7]'], localAddress: '2001:db8::7' })).toBe('passes');
  });

  it('is also looked for in a target that is a whole URL', () => {
    expect(codeOf({ target: 'http://localhost:3000/orders' })).toBe('passes');
    expect(codeOf({ target: 'http://evil.example/orders' })).toBe('host-not-allowed');
    expect(codeOf({ target: 'HTTP://evil.example' })).toBe('host-not-allowed');
    expect(codeOf({ target: 'http://me@localhost/' })).toBe('invalid-host');
    expect(codeOf({ target: 'http:///orders' })).toBe('invalid-host');
    expect(codeOf({ target: 'http://localhost/', hosts: ['evil.example'] })).toBe('host-not-allowed');
    expect(codeOf({ target: 'http://evil.example/', hosts: [], httpVersion: '1.0' })).toBe('host-not-allowed');
    expect(codeOf({ target: '*' })).toBe('passes');
    expect(codeOf({ target: '/search?next=http://evil.example/' })).toBe('passes');
  });
});

describe('an origin', () => {
  it.each(['http://localhost:3000', 'https://orders.example', 'http://[::1]:3000', 'http://127.0.0.1'])(
    '%s of a host that is served is let in',
    (origin) => {
      expect(codeOf({ origins: [origin], fetchSites: ['same-origin'] })).toBe('passes');
    },
  );

  it('of the address that the connection arrived on is let in', () => {
    const page = { hosts: ['10.0.0.7'], origins: ['http://10.0.0.7'] };
    expect(codeOf({ ...page, localAddress: '10.0.0.7' })).toBe('passes');
  });

  it.each([
    'http://evil.example',
    'null',
    '',
    'chrome-extension://abcdef',
    'file://localhost',
    'http://localhost:3000/page',
    'http://me@localhost',
    'http://localhost http://evil.example',
  ])('%j is refused', (origin) => {
    expect(check({ origins: [origin] })).toMatchObject({ status: 403, code: 'origin-not-allowed' });
  });

  it('is held against the list and not against the host, which is its own', () => {
    const lax = createAllowList(['evil.example']);
    const rebound = { hosts: ['evil.example:3000'], origins: ['http://evil.example:3000'] };
    expect(codeOf(rebound)).toBe('host-not-allowed');
    expect(codeOf({ origins: ['http://evil.example:3000'] })).toBe('origin-not-allowed');
    const source = { ...rebound, httpVersion: '1.1', target: '/', fetchSites: [], localAddress: '127.0.0.1' };
    expect(checkRequest(source, lax, settings)).toBeUndefined();
  });

  it('may not hide among others', () => {
    expect(codeOf({ origins: ['http://localhost', 'http://evil.example'] })).toBe('origin-not-allowed');
    expect(codeOf({ origins: ['https://shop.example', 'http://evil.example'] })).toBe('origin-not-allowed');
  });
});

describe('what a browser says of the sender', () => {
  it.each(['same-origin', 'none'])('%s passes', (site) => {
    expect(codeOf({ fetchSites: [site] })).toBe('passes');
  });

  it.each(['cross-site', 'same-site', '', 'Same-Origin', 'none, cross-site', 'what comes next'])(
    '%j is refused',
    (site) => {
      expect(codeOf({ fetchSites: [site] })).toBe('origin-not-allowed');
      expect(codeOf({ fetchSites: ['none', site] })).toBe('origin-not-allowed');
      expect(codeOf({ origins: ['http://localhost:5173'], fetchSites: [site] })).toBe('origin-not-allowed');
    },
  );

  it('does not matter for an origin that is allowed, exactly', () => {
    expect(codeOf({ origins: ['https://shop.example'], fetchSites: ['cross-site'] })).toBe('passes');
    for (const other of ['http://shop.example', 'https://shop.example:444', 'https://a.shop.example']) {
      expect([other, codeOf({ origins: [other], fetchSites: ['cross-site'] })]).toEqual([other, 'origin-not-allowed']);
    }
  });

  it('does not let in a host that is not served', () => {
    expect(codeOf({ hosts: ['evil.example'], origins: ['https://shop.example'] })).toBe('host-not-allowed');
  });
});

describe('a refusal', () => {
  it('names what was refused and what to change', () => {
    expect(check({ hosts: ['evil.example:3000'] })?.detail).toBe(
      'This server does not answer for the host evil.example:3000. If it should, add evil.example to ALLOWED_HOSTS.',
    );
    expect(check({ origins: ['http://evil.example'] })?.detail).toBe(
      'Pages of http://evil.example may not use this server. If they should, add their origin to ALLOWED_ORIGINS.',
    );
    expect(check({ fetchSites: ['cross-site'] })?.detail).toContain('for a page that is cross-site.');
  });

  it('shows nothing that could be markup, a line of a log or longer than it', () => {
    const nasty = `<script>alert("1")</script>\r\n\u001b[31m\u00ff'${'x'.repeat(10_000)}`;
    const refusals = [
      { hosts: [nasty] },
      { origins: [nasty] },
      { fetchSites: [nasty] },
      { target: `http://${nasty}/` },
      { hosts: [`${'a.'.repeat(100)}example`] },
    ].map(check);
    for (const refusal of refusals) {
      expect(refusal?.detail).toMatch(/^[ -~]{1,450}$/);
      expect(refusal?.detail).not.toMatch(/[<>"'\\]/);
    }
  });
});
