import type { Dependencies } from '../resource-graph.ts';

/**
 * What a replica meets in its first second: rights, addresses, databases, and the whole topology, since a filtered
 * subscription must not exist without its filter while somebody publishes.
 */
const NEEDED_BY_APPS = [
  'azurerm_role_assignment',
  'azurerm_private_endpoint',
  'azurerm_private_dns_zone_virtual_network_link',
  'azurerm_network_security_rule',
  'azurerm_postgresql_flexible_server_database',
  'azurerm_servicebus_queue',
  'azurerm_servicebus_subscription',
  'azurerm_servicebus_subscription_rule',
];
const NEEDED_BY_JOBS = [
  'azurerm_role_assignment',
  'azurerm_private_endpoint',
  'azurerm_postgresql_flexible_server_active_directory_administrator',
  'azurerm_postgresql_flexible_server_database',
];

const typeOf = (address: string): string => address.split('.').at(-2) ?? '';

function waitsFor(dependencies: Dependencies, type: string, needed: readonly string[]): readonly string[] {
  const addresses = [...dependencies.keys()];
  const prerequisites = addresses.filter((address) => needed.includes(typeOf(address)));
  return addresses
    .filter((address) => typeOf(address) === type)
    .flatMap((address) =>
      prerequisites
        .filter((prerequisite) => !dependencies.get(address)?.has(prerequisite))
        .map((prerequisite) => `${address} does not wait for ${prerequisite}`),
    );
}

/** Apps and jobs come after what they need: which of them do not wait for what. */
export const checkOrder = (dependencies: Dependencies): readonly string[] => [
  ...waitsFor(dependencies, 'azurerm_container_app', NEEDED_BY_APPS),
  ...waitsFor(dependencies, 'azurerm_container_app_job', NEEDED_BY_JOBS),
];
