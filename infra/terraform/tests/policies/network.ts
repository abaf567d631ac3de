import type { Plan } from '../environment-plan.ts';
import { list, ofType, type Policies, type Policy, text, texts, type Values, when } from './planned.ts';

/** What each kind of private endpoint is reached on: AMQP over TLS and HTTPS, PostgreSQL, HTTPS. */
const PORTS: Readonly<Record<string, readonly string[]>> = {
  namespace: ['5671', '443'],
  postgresqlServer: ['5432'],
  vault: ['443'],
};

/** Subnets whose machines talk to what is private. */
export const INSIDERS: readonly string[] = ['apps', 'operations'];

const endpointKinds = (plan: Plan): readonly string[] =>
  ofType(plan, 'azurerm_private_endpoint').flatMap(({ private_service_connection }) =>
    list(private_service_connection).flatMap(({ subresource_names }) => texts(subresource_names)),
  );

const productionIsPrivate: Policy = (plan, environment) => {
  if (environment !== 'prod') return [];
  const closed = ['azurerm_servicebus_namespace', 'azurerm_key_vault', 'azurerm_postgresql_flexible_server'];
  const open = closed.flatMap((type) =>
    ofType(plan, type).flatMap(({ name, public_network_access_enabled }) =>
      when(public_network_access_enabled !== false, `${type} ${text(name)} has a public face`),
    ),
  );
  const endpoints = endpointKinds(plan);
  const missing = Object.keys(PORTS).filter((kind) => !endpoints.includes(kind));
  const standard = ofType(plan, 'azurerm_servicebus_namespace').flatMap(({ sku }) =>
    when(sku !== 'Premium', `production runs on ${text(sku)}`),
  );
  return [...open, ...standard, ...missing.map((kind) => `no private endpoint for ${kind}`)];
};

const ofOneOrMany = (rule: Values, one: string, many: string): readonly string[] => [
  ...texts(rule[many]),
  ...(typeof rule[one] === 'string' ? [rule[one]] : []),
];

function lets(rule: Values, port: string, prefix: string): boolean {
  const ports = ofOneOrMany(rule, 'destination_port_range', 'destination_port_ranges');
  const sources = ofOneOrMany(rule, 'source_address_prefix', 'source_address_prefixes');
  return [port, '*'].some((each) => ports.includes(each)) && [prefix, '*'].some((each) => sources.includes(each));
}

/** The first rule that says something of a port decides, as in Azure. */
const insidersReachEndpoints: Policy = (plan) => {
  const rules = [...ofType(plan, 'azurerm_network_security_rule')]
    .filter(({ direction }) => direction === 'Inbound')
    .sort((a, b) => Number(a['priority']) - Number(b['priority']));
  const prefixes = ofType(plan, 'azurerm_subnet').filter(({ name }) => INSIDERS.includes(text(name)));
  return endpointKinds(plan).flatMap((kind) => [
    ...INSIDERS.filter((name) => !prefixes.some((subnet) => subnet['name'] === name)).map(
      (name) => `no subnet ${name}`,
    ),
    ...prefixes.flatMap(({ name, address_prefixes }) =>
      (PORTS[kind] ?? []).flatMap((port) => {
        const rule = rules.find((each) => lets(each, port, texts(address_prefixes)[0] ?? ''));
        return when(rule?.['access'] !== 'Allow', `${text(name)} does not reach ${kind} on port ${port}`);
      }),
    ),
  ]);
};

const outsidersDoNot: Policy = (plan) => {
  const inbound = ofType(plan, 'azurerm_network_security_rule').filter(({ direction }) => direction === 'Inbound');
  if (endpointKinds(plan).length === 0) return [];
  const everybody = inbound.filter(
    (rule) =>
      rule['access'] === 'Allow' && ofOneOrMany(rule, 'source_address_prefix', 'source_address_prefixes').includes('*'),
  );
  const refusal = inbound.some((rule) => rule['access'] === 'Deny' && lets(rule, '*', '*') && rule['protocol'] === '*');
  const unguarded = ofType(plan, 'azurerm_subnet').filter(
    ({ name, private_endpoint_network_policies: policies }) => name === 'private-endpoints' && policies !== 'Enabled',
  );
  return [
    ...everybody.map(({ name }) => `${text(name)} lets everybody in`),
    ...when(!refusal, 'nothing refuses what no rule allows'),
    ...unguarded.map(() => 'no security group applies to the private endpoints'),
  ];
};

export const NETWORK: Policies = {
  'production is Premium and private': productionIsPrivate,
  'apps and operations reach every private endpoint': insidersReachEndpoints,
  'nobody else does': outsidersDoNot,
};
