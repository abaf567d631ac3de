import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressOf, hostOf } from './host.js';

describe('the host of a header', () => {
  it.each([
    ['localhost', 'localhost'],
    ['localhost:3000', 'localhost'],
    ['localhost:', 'localhost'],
    ['LocalHost:3000', 'localhost'],
    ['localhost.', 'localhost'],
    ['orders.example.:80', 'orders.example'],
    ['order_api', 'order_api'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['127.0.0.1:5300', '127.0.0.1'],
    ['[::1]', '::1'],
    ['[::1]:3000', '::1'],
    ['[0:0:0:0:0:0:0:1]', '::1'],
    ['[::FFFF:127.0.0.1]', '127.0.0.1'],
    ['[::ffff:7f00:1]:80', '127.0.0.1'],
    // Hosts, but on nobody's list: a browser sends 127.0.0.1 for them.
    ['127.1', '127.1'],
    ['0x7f000001', '0x7f000001'],
  ])('%s is %s', (authority, host) => {
    expect(hostOf(authority)).toBe(host);
  });

  it.each([
    '',
    ':3000',
    '.',
    'localhost..',
    '.localhost',
    '::1',
    '::1:3000',
    '[::1',
    '[localhost]',
    '[127.0.0.1]',
    '[fe80::1%eth0]',
    '[::1]x',
    'me@localhost',
    'localhost:port',
    'localhost:123456',
    'localhost/path',
    'localhost,evil.example',
    'localhost evil.example',
    'local\u0000host',
    'b\u00fccher.example',
    '%6cocalhost',
    '-x.example',
    'a'.repeat(255),
  ])('%j is none', (authority) => {
    expect(hostOf(authority)).toBeUndefined();
  });

  it('is none or in its one spelling, whatever is sent', () => {
    const piece = fc.constantFrom('localhost', '::1', '[', ']', ':', '.', '80', '@', '%', '-', 'A', '\u0000', ',', '/');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (text) => {
          expect(hostOf(text) ?? 'none').toMatch(/^[a-z0-9_.:-]+$/);
        },
      ),
    );
  });

  it('is stable: the host of a host is itself, with brackets where it needs them', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.domain(),
          fc.ipV4(),
          fc.ipV6().map((address) => `[${address}]`),
        ),
        (authority) => {
          const host = hostOf(authority);
          if (host === undefined) return; // Some domains of the generator are longer than a name may be.
          expect(hostOf(host.includes(':') ? `[${host}]` : host)).toBe(host);
        },
      ),
    );
  });
});

describe('the address of a connection', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:DB8::0:1', '2001:db8::1'],
  ])('%s is %s', (address, one) => {
    expect(addressOf(address)).toBe(one);
  });
});
