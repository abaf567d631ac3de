import { describe, expect, it } from '@jest/globals';
import * as name from './name-rules.ts';

/** What the provider's own tests and Azure's naming page give as examples, at both sides of each limit. */
const EXAMPLES: Readonly<
  Record<keyof typeof name, { readonly fits: readonly string[]; readonly not: readonly string[] }>
> = {
  serviceBusNamespace: {
    fits: ['abcdef', 'orderflow-dev-bus-1a2b', 'A-6789', `a${'b'.repeat(49)}`],
    not: ['abcde', '1bcdef', 'orderflow-sb', 'orderflow-mgmt', 'orderflow-', 'order_flow', `a${'b'.repeat(50)}`],
  },
  serviceBusQueue: {
    fits: ['o', 'order-status', 'a/b~c.d_e'],
    not: ['', '-orders', 'orders-', 'a'.repeat(261), 'a b'],
  },
  serviceBusTopic: { fits: ['events', 'e'], not: ['.events', 'events/'] },
  serviceBusSubscription: { fits: ['billing', 'a'.repeat(50)], not: ['a'.repeat(51), 'a/b', '-a', 'a-'] },
  serviceBusRule: { fits: ['order.accepted', 'all'], not: ['$Default', '', 'a'.repeat(51)] },
  keyVault: {
    fits: ['abc', 'orderflow-prod12-kv-1a2b'],
    not: ['ab', 'order--flow', '1order', 'order-', 'order_flow', 'orderflow-prod123-kv-1a2b'],
  },
  containerApp: { fits: ['order-api', 'a1'], not: ['Order', 'order--api', 'order-', '1order', 'a'.repeat(33)] },
  containerAppEnvironment: { fits: ['orderflow-prod-apps'], not: ['orderflow-', 'order_flow', '1'] },
  container: { fits: ['order-api', 'a'], not: ['-a', 'a-', 'a_b'] },
  containerAppSecret: { fits: ['payment-gateway-url', 'a'], not: ['PAYMENT', 'a-', 'a_b'] },
  postgresServer: { fits: ['orderflow-prod-pg-1a2b', 'a1b'], not: ['Orderflow', 'a-', '-ab', 'a'.repeat(64), 'a_b'] },
  postgresSku: {
    fits: ['B_Standard_B1ms', 'B_Standard_B2s', 'GP_Standard_D2ds_v5', 'GP_Standard_D96ads_v5', 'MO_Standard_E20ds_v4'],
    not: ['B_Standard_B1s', 'GP_Standard_D3ds_v5', 'Standard_D2ds_v5', 'GP_Standard_D2ds_v5x'],
  },
  postgresDatabase: { fits: ['order_api', '_a', '-a'], not: ['1a', 'a.b', '', 'a'.repeat(64)] },
  postgresFirewallRule: { fits: ['allow-azure-services'], not: ['a b', '', 'a'.repeat(129)] },
  logAnalyticsWorkspace: { fits: ['orderflow-dev-logs'], not: ['abc', '-abcd', 'abcd-', 'ab_cd'] },
  userAssignedIdentity: { fits: ['orderflow-dev-order-api', 'a_b'], not: ['ab', '-abc', 'a.b', 'a'.repeat(129)] },
  federatedCredential: { fits: ['kubernetes'], not: ['ab', '-abc', 'a.b', 'a'.repeat(121)] },
  resourceGroup: { fits: ['orderflow-dev-rg', 'a(b).c_d'], not: ['rg.', 'a'.repeat(91), 'a/b'] },
  managementLock: { fits: ['keep-database'], not: ['', 'a b', 'a'.repeat(260)] },
  network: { fits: ['private-endpoints', 'a_'], not: ['-a', 'a-', 'a.', 'a'.repeat(65)] },
  alert: { fits: ['orderflow-prod-outbox-age'], not: ['a/b', 'a%', 'a.', 'a'.repeat(261)] },
};

describe.each(Object.entries(EXAMPLES))('a name of %s', (rule, { fits, not }) => {
  const check = name[rule as keyof typeof name];

  it.each(fits)('may be "%s"', (value) => {
    expect(check(value)).toBeUndefined();
  });

  it.each(not)('is not "%s"', (value) => {
    expect(check(value)).toContain(JSON.stringify(value));
  });
});
