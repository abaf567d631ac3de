/**
 * Refreshes azurerm-schema.json from the npm package that carries the provider's schema as generated TypeScript:
 *
 *   npm pack --pack-destination /tmp @cdktn/provider-azurerm@16.1.0 && tar -xzf /tmp/cdktn-provider-azurerm-16.1.0.tgz -C /tmp
 *   npx node infra/terraform/tests/provider/extract-schema.ts /tmp/package
 *
 * The package is 267 MB and only read here, which is why it is no dependency.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttributeSchema, AzurermSchema, BlockSchema, NestedBlockSchema, TerraformType } from './schema.ts';

const RESOURCES = [
  'container_app',
  'container_app_environment',
  'container_app_job',
  'federated_identity_credential',
  'key_vault',
  'log_analytics_workspace',
  'management_lock',
  'monitor_action_group',
  'monitor_diagnostic_setting',
  'monitor_metric_alert',
  'monitor_scheduled_query_rules_alert_v2',
  'network_security_group',
  'network_security_rule',
  'postgresql_flexible_server',
  'postgresql_flexible_server_active_directory_administrator',
  'postgresql_flexible_server_configuration',
  'postgresql_flexible_server_database',
  'postgresql_flexible_server_firewall_rule',
  'private_dns_zone',
  'private_dns_zone_virtual_network_link',
  'private_endpoint',
  'resource_group',
  'role_assignment',
  'servicebus_namespace',
  'servicebus_namespace_authorization_rule',
  'servicebus_queue',
  'servicebus_subscription',
  'servicebus_subscription_rule',
  'servicebus_topic',
  'subnet',
  'subnet_network_security_group_association',
  'user_assigned_identity',
  'virtual_network',
];
const DATA_SOURCES = ['client_config'];

/** The generated code does not say which values Terraform must not print; their names do. */
const SENSITIVE = /(connection_string|_key|password)$/;

const MEMBER = /\/\/ (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n/g;
const NESTED = /new (\w+?)(List|OutputReference)\(this, "\w+"(?:, (true|false))?\)/;
const GETTERS: readonly (readonly [RegExp, TerraformType])[] = [
  [/cdktn\.Fn\.tolist\(this\.getListAttribute/, ['set', 'string']],
  [/this\.getListAttribute/, ['list', 'string']],
  [/this\.getNumberListAttribute/, ['list', 'number']],
  [/this\.getStringMapAttribute/, ['map', 'string']],
  [/this\.getBooleanAttribute/, 'bool'],
  [/this\.getNumberAttribute/, 'number'],
  [/this\.getStringAttribute/, 'string'],
  [/this\._\w+;/, 'string'],
];

/** The TypeScript a generated file was compiled from: the comments that carry computed/optional/required are only there. */
function sourceOf(packageDirectory: string, directory: string): string {
  const compiled = readFileSync(join(packageDirectory, 'lib', directory, 'index.js'), 'utf8');
  const map = /sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)/.exec(compiled)?.[1];
  if (!map) throw new Error(`${directory}: no inline source map`);
  const { sourcesContent } = JSON.parse(Buffer.from(map, 'base64').toString('utf8')) as { sourcesContent: string[] };
  return sourcesContent.join('\n');
}

function classesOf(source: string): ReadonlyMap<string, string> {
  return new Map(
    source
      .split(/^export class /m)
      .slice(1)
      .map((text) => [/^\w+/.exec(text)?.[0] ?? '', text] as const),
  );
}

function readBlock(classes: ReadonlyMap<string, string>, className: string): BlockSchema {
  const body = classes.get(className);
  if (body === undefined) throw new Error(`class ${className} is missing`);
  const attributes: Record<string, AttributeSchema> = {};
  const blocks: Record<string, NestedBlockSchema> = {};
  const members = [...body.matchAll(MEMBER)];
  members.forEach((member, index) => {
    const [, name = '', computed, optional, required] = member;
    const text = body.slice(member.index, members[index + 1]?.index);
    const flags = {
      ...(required === 'true' && { required: true as const }),
      ...(optional === 'true' && { optional: true as const }),
      ...(computed === 'true' && { computed: true as const }),
    };
    const nested = NESTED.exec(text);
    if (!nested) {
      const sensitive = SENSITIVE.test(name) && { sensitive: true as const };
      attributes[name] = { type: typeOf(className, name, text), ...flags, ...sensitive };
      return;
    }
    const [, prefix = '', shape, isSet] = nested;
    const block = readBlock(classes, `${prefix}OutputReference`);
    const nesting = name === 'timeouts' ? 'single' : isSet === 'true' ? 'set' : 'list';
    if (computed === 'true') {
      const element = objectType(block);
      attributes[name] = { type: [nesting === 'set' ? 'set' : 'list', element], ...flags };
      return;
    }
    const max = shape === 'OutputReference' && nesting !== 'single' && { max: 1 };
    blocks[name] = { nesting, ...(required === 'true' && { min: 1 }), ...max, block };
  });
  return { attributes, blocks };
}

function typeOf(className: string, name: string, text: string): TerraformType {
  const found = GETTERS.find(([getter]) => getter.test(text));
  if (!found) throw new Error(`${className}.${name}: unknown type in\n${text.slice(0, 400)}`);
  return found[1];
}

/** The type of an attribute that holds a list of objects (computed blocks are attributes on the wire). */
function objectType(block: BlockSchema): TerraformType {
  const members: [string, TerraformType][] = [
    ...Object.entries(block.attributes).map(([name, { type }]): [string, TerraformType] => [name, type]),
    ...Object.entries(block.blocks).map(([name, nested]): [string, TerraformType] => [
      name,
      [nested.nesting === 'set' ? 'set' : 'list', objectType(nested.block)],
    ]),
  ];
  return ['object', Object.fromEntries(members)];
}

function extract(packageDirectory: string): AzurermSchema {
  const manifest = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license: string;
    cdktn: { provider: { name: string; version: string } };
  };
  const read = (directory: string): BlockSchema => {
    const classes = classesOf(sourceOf(packageDirectory, directory));
    const top = [...classes].find(([, body]) => /extends cdktn\.Terraform(Resource|DataSource|Provider)/.test(body));
    if (!top) throw new Error(`${directory}: no resource class`);
    return readBlock(classes, top[0]);
  };
  return {
    source: {
      package: `${manifest.name}@${manifest.version}`,
      provider: `hashicorp/azurerm ${manifest.cdktn.provider.version}`,
      license: manifest.license,
    },
    provider: providerBlock(),
    resources: Object.fromEntries(RESOURCES.map((name) => [`azurerm_${name}`, read(name.replaceAll('_', '-'))])),
    data: Object.fromEntries(
      DATA_SOURCES.map((name) => [`azurerm_${name}`, read(`data-azurerm-${name.replaceAll('_', '-')}`)]),
    ),
  };
}

/**
 * Only what an environment sets: the provider's own block has hundreds of feature switches. Written by hand, and one
 * switch is newer than the package: `servicebus.auto_delete_subscription_default_rule` came with azurerm 4.81.0 (its
 * changelog; website/docs/guides/features-block.html.markdown of hashicorp/terraform-provider-azurerm).
 */
function providerBlock(): BlockSchema {
  const optional = (type: TerraformType): AttributeSchema => ({ type, optional: true });
  const single = (block: BlockSchema): NestedBlockSchema => ({ nesting: 'list', max: 1, block });
  const servicebus = { attributes: { auto_delete_subscription_default_rule: optional('bool') }, blocks: {} };
  return {
    attributes: {
      subscription_id: optional('string'),
      tenant_id: optional('string'),
      storage_use_azuread: optional('bool'),
      resource_provider_registrations: optional('string'),
    },
    blocks: { features: { ...single({ attributes: {}, blocks: { servicebus: single(servicebus) } }), min: 1 } },
  };
}

const [packageDirectory] = process.argv.slice(2);
if (!packageDirectory) {
  process.stderr.write('usage: npx node extract-schema.ts DIRECTORY-OF-@cdktn/provider-azurerm\n');
  process.exit(2);
}
const target = join(import.meta.dirname, 'azurerm-schema.json');
writeFileSync(target, onePerLine(extract(packageDirectory)));

/** JSON with a line per resource: small, and a refresh shows which resources changed. */
function onePerLine({ source, provider, resources, data }: AzurermSchema): string {
  const lines = (blocks: Readonly<Record<string, BlockSchema>>): string =>
    Object.entries(blocks)
      .map(([name, block]) => `    ${JSON.stringify(name)}: ${JSON.stringify(block)}`)
      .join(',\n');
  return [
    '{',
    `  "source": ${JSON.stringify(source)},`,
    `  "provider": ${JSON.stringify(provider)},`,
    `  "resources": {\n${lines(resources)}\n  },`,
    `  "data": {\n${lines(data)}\n  }`,
    '}\n',
  ].join('\n');
}
