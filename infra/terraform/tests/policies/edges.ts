import type { Plan } from '../environment-plan.ts';
import { INSIDERS } from './network.ts';
import {
  containerApps,
  first,
  list,
  ofType,
  type Policies,
  type Policy,
  text,
  texts,
  variableOf,
  when,
} from './planned.ts';

/** By which name each kind of private endpoint is found (Azure's page on private endpoint DNS). */
const ZONES: Readonly<Record<string, string>> = {
  namespace: 'privatelink.servicebus.windows.net',
  postgresqlServer: 'privatelink.postgres.database.azure.com',
  vault: 'privatelink.vaultcore.azure.net',
};

/** Whoever asks for the public name is led to the endpoint: in a zone of the right name, which the network asks. */
const endpointsAreFound: Policy = (plan) => {
  const linked = ofType(plan, 'azurerm_private_dns_zone_virtual_network_link').map(({ private_dns_zone_name }) =>
    text(private_dns_zone_name),
  );
  return ofType(plan, 'azurerm_private_endpoint').flatMap((endpoint) => {
    const kind = texts(first(endpoint['private_service_connection'])['subresource_names'])[0] ?? '';
    const zone = ZONES[kind] ?? '';
    const used = texts(first(endpoint['private_dns_zone_group'])['private_dns_zone_ids']);
    return [
      ...when(!used.includes(`id of ${zone}`), `the endpoint of ${kind} is in no zone ${zone}`),
      ...when(!linked.includes(zone), `the network does not ask the zone ${zone}`),
    ];
  });
};

const prefixesOf = (plan: Plan): readonly string[] =>
  ofType(plan, 'azurerm_subnet')
    .filter(({ name }) => INSIDERS.includes(text(name)))
    .flatMap(({ address_prefixes }) => texts(address_prefixes));

/** A rule that lets in more than the subnets of the insiders is as good as none. */
const onlyInsidersComeIn: Policy = (plan) =>
  ofType(plan, 'azurerm_network_security_rule')
    .filter(({ direction, access }) => direction === 'Inbound' && access === 'Allow')
    .flatMap((rule) => {
      const sources = [...texts(rule['source_address_prefixes']), text(rule['source_address_prefix'] ?? '')];
      return sources
        .filter((source) => !['', '""', 'null', ...prefixesOf(plan)].includes(source))
        .map((source) => `${text(rule['name'])} lets ${source} in`);
    });

const groupsApply: Policy = (plan) => {
  const guarded = ofType(plan, 'azurerm_subnet_network_security_group_association').map(({ subnet_id }) =>
    text(subnet_id),
  );
  return ofType(plan, 'azurerm_subnet')
    .filter(({ name }) => name !== 'apps')
    .flatMap(({ name, id }) => when(!guarded.includes(text(id)), `subnet ${text(name)} has no security group`));
};

/** 0.0.0.0 to 0.0.0.0 is Azure itself; anything wider is the internet. */
const databaseIsOpenToAzureOnly: Policy = (plan, environment) =>
  ofType(plan, 'azurerm_postgresql_flexible_server_firewall_rule').flatMap((rule) => [
    ...when(
      rule['start_ip_address'] !== '0.0.0.0' || rule['end_ip_address'] !== '0.0.0.0',
      `${text(rule['name'])} opens the database to ${text(rule['start_ip_address'])} to ${text(rule['end_ip_address'])}`,
    ),
    ...when(environment === 'prod', `${text(rule['name'])} opens the database of production`),
  ]);

const vaultsRefuseStrangers: Policy = (plan, environment) =>
  environment === 'prod'
    ? ofType(plan, 'azurerm_key_vault').flatMap(({ name, network_acls }) =>
        when(first(network_acls)['default_action'] !== 'Deny', `${text(name)} answers every network`),
      )
    : [];

/** TLS is asked for by the server, and who it is is verified by every client. */
const connectionsAreSecure: Policy = (plan) => [
  ...ofType(plan, 'azurerm_postgresql_flexible_server').flatMap(({ name, id }) =>
    when(
      !ofType(plan, 'azurerm_postgresql_flexible_server_configuration').some(
        (each) => each['name'] === 'require_secure_transport' && each['value'] === 'on' && each['server_id'] === id,
      ),
      `${text(name)} takes connections without TLS`,
    ),
  ),
  ...[...containerApps(plan), ...ofType(plan, 'azurerm_container_app_job')].flatMap((app) =>
    when(
      !/[?&]sslmode=verify-full(&|$)/.test(variableOf(app, 'DATABASE_URL') ?? ''),
      `${text(app['name'])} does not verify who the database is`,
    ),
  ),
];

const SECRET_NAME = /PASSWORD|SECRET|TOKEN|CREDENTIAL|(?:^|_)(?:KEY|PGPASS)/;

/** A literal that is named like a secret is one, in apps and in jobs. */
const literalsAreNoSecrets: Policy = (plan) =>
  [...containerApps(plan), ...ofType(plan, 'azurerm_container_app_job')].flatMap((app) =>
    list(first(first(app['template'])['container'])['env'])
      .filter(({ name, value }) => SECRET_NAME.test(text(name)) && typeof value === 'string' && value !== '')
      .map(({ name }) => `${text(app['name'])} is given ${text(name)} in plain text`),
  );

/** Where the system meets others: the network's edges, and what passes them. */
export const EDGES: Policies = {
  'private endpoints are found by name': endpointsAreFound,
  'only insiders come in': onlyInsidersComeIn,
  'security groups apply': groupsApply,
  'the database is open to Azure at most': databaseIsOpenToAzureOnly,
  'vaults refuse strangers': vaultsRefuseStrangers,
  'connections are secure': connectionsAreSecure,
  'no literal is a secret': literalsAreNoSecrets,
};
