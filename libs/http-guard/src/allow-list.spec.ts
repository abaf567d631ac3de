import { describe, expect, it } from '@jest/globals';
import { AllowListError, createAllowList, listenedName, splitList } from './allow-list.js';

function problemsOf(create: () => unknown): readonly string[] {
  try {
    create();
  } catch (error) {
    if (error instanceof AllowListError) {
      return error.problems.map(({ list, position, problem }) => `${list} ${position} ${problem}`);
    }
    throw error;
  }
  return [];
}

describe('the list', () => {
  it('has the loopback names and no origin, unless more are given', () => {
    expect(createAllowList()).toEqual({ hosts: new Set(['localhost', '127.0.0.1', '::1']), origins: new Set() });
  });

  it('takes names and addresses however they are spelled', () => {
    const { hosts } = createAllowList(['Orders.Example.', '10.0.0.7', '2001:DB8::0:1', '[::2]', '::ffff:10.0.0.8']);
    expect([...hosts].slice(3)).toEqual(['orders.example', '10.0.0.7', '2001:db8::1', '::2', '10.0.0.8']);
  });

  it('names everything that is wrong with it at once, and none of what is right', () => {
    const hosts = [
      'orders.example',
      'https://orders.example',
      'orders.example/api',
      '*.orders.example',
      '.orders.example',
      'orders.example:443',
      '[::1]:80',
      '0.0.0.0',
      '::',
      'two words',
      'me@orders.example',
      '127.1',
      '300.1.1.1',
    ];
    const origins = [
      'https://shop.example',
      'http://localhost:5173',
      'shop.example',
      'null',
      '*',
      'https://*.shop.example',
      'https://shop.example/',
      'https://shop.example:443',
      'https://Shop.example',
      'file:///page.html',
    ];
    expect(problemsOf(() => createAllowList(hosts, origins))).toEqual([
      expect.stringMatching(/^hosts 2 has a scheme/),
      expect.stringMatching(/^hosts 3 has a path/),
      expect.stringMatching(/^hosts 4 is a pattern/),
      expect.stringMatching(/^hosts 5 is a pattern/),
      expect.stringMatching(/^hosts 6 has a port/),
      expect.stringMatching(/^hosts 7 has a port/),
      expect.stringMatching(/^hosts 8 means every address/),
      expect.stringMatching(/^hosts 9 means every address/),
      expect.stringMatching(/^hosts 10 is no host name/),
      expect.stringMatching(/^hosts 11 is no host name/),
      expect.stringMatching(/^hosts 12 is no host name/),
      expect.stringMatching(/^hosts 13 is no host name/),
      expect.stringMatching(/^origins 3 is no origin/),
      expect.stringMatching(/^origins 4 is no origin/),
      expect.stringMatching(/^origins 5 is a pattern/),
      expect.stringMatching(/^origins 6 is a pattern/),
      expect.stringMatching(/^origins 7 .* write https:\/\/shop\.example$/),
      expect.stringMatching(/^origins 8 .* write https:\/\/shop\.example$/),
      expect.stringMatching(/^origins 9 .* write https:\/\/shop\.example$/),
      expect.stringMatching(/^origins 10 is no origin/),
    ]);
  });

  it('says which entry it means', () => {
    expect(() => createAllowList(['a/b', 'c/d'])).toThrow(
      /^The allowed host "a\/b" has a path.*\nThe allowed host "c\/d" has a path/,
    );
  });
});

it('a variable holds several entries, separated by commas', () => {
  expect(splitList(' a, b,,c\n, ')).toEqual(['a', 'b', 'c']);
});

it('a name to listen on is one to be called by, and every address is not', () => {
  expect(['laptop.example', '10.0.0.7', '0.0.0.0', '::', ''].flatMap(listenedName)).toEqual([
    'laptop.example',
    '10.0.0.7',
  ]);
});
