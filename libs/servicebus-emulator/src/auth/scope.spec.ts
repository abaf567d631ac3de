import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AccessRight, AuthorizationRule } from '../entities/authorization-rule.js';
import type { BrokerError } from '../entities/errors.js';
import { START, PureNamespace } from '../testing/pure-namespace.js';
import { AccessControl } from './access-control.js';
import { TokenAccess } from './connection-access.js';
import { createSasToken } from './sas-token.js';

const RIGHTS: readonly AccessRight[] = ['Listen', 'Send', 'Manage'];
const HOUR = 3_600_000;

const key = (keyName: string, ...rights: AccessRight[]): AuthorizationRule => ({
  keyName,
  primaryKey: `${keyName}-1`,
  secondaryKey: `${keyName}-2`,
  rights,
});

let pure: PureNamespace;
let control: AccessControl;
beforeEach(() => {
  jest.useFakeTimers({ now: START, doNotFake: ['nextTick', 'queueMicrotask'] });
  pure = new PureNamespace();
  const { namespace, now } = pure;
  const owned = (name: string) => ({ authorizationRules: [key(`${name}-key`, 'Send', 'Listen')] });
  namespace.createQueue('orders', owned('orders'), now);
  namespace.createQueue('orders2', owned('orders2'), now);
  namespace.createQueue('orders/x', owned('orders/x'), now);
  for (const name of ['region/one', 'regional/two']) namespace.createQueue(name, {}, now);
  for (const topic of ['events', 'events2']) {
    namespace.createTopic(topic, owned(topic), now);
    for (const name of ['a', 'ab']) namespace.createSubscription(`${topic}/Subscriptions/${name}`, {}, now);
  }
  const rules = RIGHTS.map((right) => key(`all-${right}`, right));
  control = new AccessControl({ registry: namespace.registry, rules, acceptEntraTokens: false });
});
afterEach(() => {
  jest.useRealTimers();
});

const token = (path: string, keyName: string, expiresAt = START + HOUR, value = `${keyName}-1`) =>
  createSasToken(`sb://127.0.0.1:5672/${path}`, keyName, value, expiresAt);

function open(ended: (link: object, error: BrokerError) => void = () => undefined, enforceExpiry = true): TokenAccess {
  return new TokenAccess({ control, enforceExpiry, ended });
}

/** Which of these may be done with these tokens. */
function allowed(tokens: readonly string[], right: AccessRight, paths: readonly string[]): readonly string[] {
  const access = open();
  for (const one of tokens) access.show(one);
  const result = paths.filter((path) => {
    try {
      access.check(path, right);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ condition: 'amqp:unauthorized-access' });
      return false;
    }
  });
  access.close();
  return result;
}

const PATHS = [
  'orders',
  'Orders',
  'orders2',
  'orders/x',
  'orde',
  'events',
  'events/Subscriptions/a',
  'events/Subscriptions/ab',
  'events2/Subscriptions/a',
  'region/one',
  'regional/two',
];

describe('a token opens what it names, and nothing whose name only begins like it:', () => {
  it.each([
    ['a queue', 'orders', ['orders', 'Orders']],
    ['a queue in any case', 'ORDERS/', ['orders', 'Orders']],
    ['the dead letters of a queue', 'orders/$DeadLetterQueue', ['orders', 'Orders']],
    ['the $management of a queue', 'orders/$management', ['orders', 'Orders']],
    ['the $management of its dead letters', 'orders/$DeadLetterQueue/$management', ['orders', 'Orders']],
    ['a queue with a longer name', 'orders2', ['orders2']],
    ['a queue with a path for a name', 'orders/x', ['orders/x']],
    ['a topic, with its subscriptions', 'events', ['events', 'events/Subscriptions/a', 'events/Subscriptions/ab']],
    ['a subscription', 'events/Subscriptions/a', ['events/Subscriptions/a']],
    ['the dead letters of a subscription', 'events/Subscriptions/a/$DeadLetterQueue', ['events/Subscriptions/a']],
    ['a path above entities', 'region', ['region/one']],
    ['the beginning of a name', 'orde', ['orde']],
    ['the namespace', '', PATHS],
    ['nothing there is', 'missing', []],
  ])('%s', (_, path, opened) => {
    expect(allowed([token(path, 'all-Listen')], 'Listen', PATHS)).toEqual(opened);
  });

  it('for the management API too: rules are below their subscription', () => {
    const check = (path: string, about: string) => control.check(token(path, 'all-Manage'), about, 'Manage');
    for (const [path, about] of [
      ['events', '/events/Subscriptions/a/Rules/r'],
      ['events', '/events/Subscriptions'],
      ['events/Subscriptions/a', '/events/Subscriptions/a/Rules'],
      ['orders', '/orders'],
      ['', '/$Resources/Queues'],
    ] as const) {
      expect(() => check(path, about)).not.toThrow();
    }
    for (const [path, about] of [
      ['orders', '/orders2'],
      ['orders', '/orders/x'],
      ['orders', '/'],
      ['events/Subscriptions/a', '/events/Subscriptions/ab/Rules/r'],
      ['events', '/$Resources/Queues'],
    ] as const) {
      expect(() => check(path, about)).toThrow('claim(s) are required');
    }
    expect(() => control.check(undefined, '/orders', 'Manage')).toThrow('MissingToken');
  });
});

describe('a key signs for its own entity:', () => {
  it.each(['orders2', 'orders/x', 'orde', 'events', ''])("not for '%s'", (path) => {
    expect(() => control.grant(token(path, 'orders-key'), START)).toThrow('InvalidIssuer');
  });

  it.each(['orders', 'orders/$DeadLetterQueue', 'orders/$management'])("for '%s', and then for no other", (path) => {
    expect(allowed([token(path, 'orders-key')], 'Send', PATHS)).toEqual(['orders', 'Orders']);
  });

  it("for a topic's subscriptions", () => {
    const path = 'events/Subscriptions/a';
    expect(allowed([token(path, 'events-key')], 'Listen', PATHS)).toEqual([path]);
    expect(() => control.grant(token('events2/Subscriptions/a', 'events-key'), START)).toThrow('InvalidIssuer');
  });

  it('with either of its values, and with no other', () => {
    const rights = (value: string) => control.grant(token('orders', 'orders-key', START + HOUR, value), START).rights;
    for (const value of ['orders-key-1', 'orders-key-2']) expect(rights(value)).toEqual(['Send', 'Listen']);
    expect(() => rights('orders-key-3')).toThrow('InvalidSignature');
  });

  it('and what it signed cannot be turned into something else', () => {
    const signed = token('orders', 'all-Send');
    for (const forged of [
      signed.replace('orders', 'orders2'),
      signed.replace('se=17', 'se=18'),
      signed.replace('skn=all-Send', 'skn=all-Manage'),
    ]) {
      expect(forged).not.toBe(signed);
      expect(() => control.grant(forged, START)).toThrow('InvalidSignature');
    }
  });
});

describe('a right', () => {
  it.each(RIGHTS)('%s allows itself, and all others only when it is Manage', (right) => {
    const allows = RIGHTS.filter((wanted) => allowed([token('orders', `all-${right}`)], wanted, ['orders']).length > 0);
    expect(allows).toEqual(right === 'Manage' ? RIGHTS : [right]);
  });

  it('is not put together from tokens for different entities', () => {
    const tokens = [token('orders', 'all-Listen'), token('orders2', 'all-Send')];
    expect(allowed(tokens, 'Send', PATHS)).toEqual(['orders2']);
    expect(allowed(tokens, 'Listen', PATHS)).toEqual(['orders', 'Orders']);
  });
});

describe('a token that ends', () => {
  it('is good for its last millisecond, and not at its end', () => {
    const end = START + 10_000;
    expect(control.grant(token('orders', 'all-Send', end), end - 1).expiresAt).toBe(end);
    expect(() => control.grant(token('orders', 'all-Send', end), end)).toThrow('ExpiredToken');
  });

  it('opens nothing more, whether its links are ended or not', () => {
    for (const enforceExpiry of [true, false]) {
      const access = open(undefined, enforceExpiry);
      access.show(token('orders', 'all-Send', Date.now() + 10_000));
      jest.advanceTimersByTime(9_999);
      expect(() => access.check('orders', 'Send')).not.toThrow();
      jest.advanceTimersByTime(1);
      expect(() => access.check('orders', 'Send')).toThrow('claim(s) are required');
      expect(() => access.watch({}, 'orders', 'Send')).toThrow('claim(s) are required');
      access.close();
    }
  });

  /** Two links of two tokens, and one that lives by both. */
  function watched() {
    const ended: string[] = [];
    const access = open((link, error) => ended.push(`${(link as { name: string }).name}: ${error.message}`));
    // The one that ends first comes last.
    access.show(token('orders2', 'all-Send', START + 20_000));
    access.show(token('orders', 'all-Send', START + 10_000));
    const links = { orders: { name: 'orders' }, orders2: { name: 'orders2' } };
    access.watch(links.orders, 'orders', 'Send');
    access.watch(links.orders2, 'orders2', 'Send');
    return { access, ended, links };
  }
  const expired = (name: string, ms: number) =>
    `${name}: ExpiredToken: The token is expired. Expiration time: '${new Date(START + ms).toISOString()}'.`;

  it('ends its own links at its end, each once, and those of other tokens at theirs', () => {
    const { access, ended } = watched();
    jest.advanceTimersByTime(9_999);
    expect(ended).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(ended).toEqual([expired('orders', 10_000)]);
    jest.advanceTimersByTime(10_000);
    expect(ended).toEqual([expired('orders', 10_000), expired('orders2', 20_000)]);
    jest.advanceTimersByTime(HOUR);
    expect(ended).toHaveLength(2);
    expect(jest.getTimerCount()).toBe(0);
    access.close();
  });

  it('is renewed by a later one: the links go on, and end with that one', () => {
    const { access, ended } = watched();
    jest.advanceTimersByTime(5_000);
    access.show(token('orders', 'all-Send', START + 60_000));
    jest.advanceTimersByTime(10_000);
    expect(ended).toEqual([]);
    expect(() => access.check('orders', 'Send')).not.toThrow();
    jest.advanceTimersByTime(45_000);
    expect(ended).toEqual([expired('orders2', 20_000), expired('orders', 60_000)]);
    access.close();
  });

  it('is not cut short by one that ends earlier, nor replaced by one with other rights', () => {
    const ended: object[] = [];
    const access = open((link) => ended.push(link));
    access.show(token('orders', 'all-Send', START + 60_000));
    access.watch({}, 'orders', 'Send');
    access.show(token('orders', 'all-Send', START + 10_000));
    access.show(token('orders', 'all-Listen', START + 120_000));
    jest.advanceTimersByTime(59_000);
    expect(ended).toHaveLength(0);
    jest.advanceTimersByTime(1_000);
    expect(ended).toHaveLength(1);
    access.close();
  });

  it('ends no link that is gone, or whose connection is', () => {
    const { access, ended, links } = watched();
    access.unwatch(links.orders);
    jest.advanceTimersByTime(10_000);
    access.close();
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(HOUR);
    expect(ended).toEqual([]);
  });

  it('may be further away than a timer can wait', () => {
    const ended: object[] = [];
    const access = open((link) => ended.push(link));
    const days = 60 * 24 * HOUR;
    access.show(token('orders', 'all-Send', START + days));
    access.watch({}, 'orders', 'Send');
    jest.advanceTimersByTime(days - 1);
    expect(ended).toHaveLength(0);
    jest.advanceTimersByTime(1);
    expect(ended).toHaveLength(1);
    access.close();
  });
});
