import type { Fault } from './fault.ts';

const bus = 'infra/terraform/modules/service-bus';
const serviceBus = `${bus}/main.tf`;
const apps = 'infra/terraform/modules/apps/main.tf';
const deployments = 'infra/terraform/modules/apps/deployments.tf';
const database = 'infra/terraform/modules/database/main.tf';
const identity = 'infra/terraform/modules/identity/main.tf';
const network = 'infra/terraform/modules/network/main.tf';
const system = 'infra/terraform/modules/system/main.tf';
const prod = 'infra/terraform/environments/prod/main.tf';

/** Messages that are lost, rights that go too far, doors that stand open. */
const EDGES: readonly Fault[] = [
  {
    name: 'queues that drop what expires',
    file: `${bus}/variables.tf`,
    find: 'dead_lettering_on_message_expiration    = optional(bool, true)',
    replace: 'dead_lettering_on_message_expiration    = optional(bool, false)',
    caughtBy: { terraform: 'queue orders drops what expires' },
  },
  {
    name: 'queues that take a message twice',
    file: `${bus}/variables.tf`,
    find: 'requires_duplicate_detection            = optional(bool, true)',
    replace: 'requires_duplicate_detection            = optional(bool, false)',
    caughtBy: { terraform: 'queue orders takes the twin of a message' },
  },
  {
    name: 'a topic that takes a message twice',
    file: serviceBus,
    find: '  requires_duplicate_detection            = true\n',
    replace: '',
    caughtBy: { terraform: 'topic events takes the twin of a message' },
  },
  {
    name: 'a queue that gives up before the app does',
    file: `${bus}/variables.tf`,
    find: 'max_delivery_count                      = optional(number, 20)',
    replace: 'max_delivery_count                      = optional(number, 2)',
    caughtBy: { terraform: 'queue orders gives up after 2 deliveries' },
  },
  {
    name: 'a filter for a message that nobody sends',
    file: `${bus}/variables.tf`,
    find: '"payment.captured"',
    replace: '"payment.capture"',
    caughtBy: { terraform: 'a filter waits for payment.capture, which' },
  },
  {
    name: 'migrations that may do everything',
    file: identity,
    find: 'resource "azurerm_role_assignment" "secret" {',
    replace:
      'resource "azurerm_role_assignment" "migrations" {\n  scope                = var.namespace_id\n  role_definition_name = "Azure Service Bus Data Owner"\n  principal_id         = azurerm_user_assigned_identity.migrations.principal_id\n}\n\nresource "azurerm_role_assignment" "secret" {',
    caughtBy: { terraform: 'migrations may own orderflow-prod-bus-' },
  },
  {
    name: 'a right to pull from every registry',
    file: identity,
    find: 'scope                = var.container_registry_id',
    replace: 'scope                = split("/providers/", var.container_registry_id)[0]',
    caughtBy: { terraform: 'order-api may pull from /subscriptions/' },
  },
  {
    name: 'a right on the whole vault',
    file: system,
    find: 'scope = "${azurerm_key_vault.this.id}/secrets/${local.gateway_secret}"',
    replace: 'scope = azurerm_key_vault.this.id',
    caughtBy: { terraform: 'billing-worker may read secret orderflow-prod-kv-' },
  },
  {
    name: 'a database that is open to the internet',
    file: database,
    find: 'count = var.public_network_access_enabled ? 1 : 0\n\n  name             = "allow-azure-services"\n  server_id        = azurerm_postgresql_flexible_server.this.id\n  start_ip_address = "0.0.0.0"\n  end_ip_address   = "0.0.0.0"',
    replace:
      'count = 1\n\n  name             = "allow-azure-services"\n  server_id        = azurerm_postgresql_flexible_server.this.id\n  start_ip_address = "0.0.0.0"\n  end_ip_address   = "255.255.255.255"',
    caughtBy: { terraform: 'opens the database to 0.0.0.0 to 255.255.255.255' },
  },
  {
    name: 'a database that takes plain connections',
    file: database,
    find: 'value     = "on"',
    replace: 'value     = "off"',
    caughtBy: { terraform: 'takes connections without TLS' },
  },
  {
    name: 'a disk that does not grow',
    file: database,
    find: 'auto_grow_enabled             = true',
    replace: 'auto_grow_enabled             = false',
    caughtBy: { terraform: 'does not grow' },
  },
  {
    name: 'backups for a week',
    file: prod,
    find: 'backup_retention_days = 35',
    replace: 'backup_retention_days = 7',
    caughtBy: { terraform: 'keeps backups for 7 days' },
  },
  {
    name: 'an app that believes any database',
    file: deployments,
    find: 'sslmode=verify-full',
    replace: 'sslmode=require',
    caughtBy: { terraform: 'order-worker does not verify who the database is' },
  },
  {
    name: 'a job in whose environment a password stands',
    file: apps,
    find: '      env {\n        name  = "LOG_LEVEL"\n        value = var.log_level\n      }',
    replace: '      env {\n        name  = "PGPASSWORD"\n        value = "hunter2"\n      }',
    caughtBy: { terraform: 'is given PGPASSWORD in plain text' },
  },
  {
    name: 'a job without a token',
    file: apps,
    find: '      env {\n        name  = "AZURE_CLIENT_ID"\n        value = var.migrations_identity.client_id\n      }\n\n',
    replace: '',
    caughtBy: { terraform: 'migrate-order-api logs in as migrations with the token of' },
  },
  {
    name: 'a vault that answers every network',
    file: system,
    find: 'default_action = "Deny"',
    replace: 'default_action = "Allow"',
    caughtBy: { terraform: 'answers every network' },
  },
  {
    name: 'a security group that lets the internet in',
    file: network,
    find: 'azurerm_subnet.operations.address_prefixes)',
    replace: 'azurerm_subnet.operations.address_prefixes, ["0.0.0.0/0"])',
    caughtBy: { terraform: 'allow-apps-and-operations lets 0.0.0.0/0 in' },
  },
  {
    name: 'a security group on another subnet',
    file: network,
    find: '  subnet_id                 = azurerm_subnet.private_endpoints.id',
    replace: '  subnet_id                 = azurerm_subnet.apps.id',
    caughtBy: { terraform: 'subnet private-endpoints has no security group' },
  },
  {
    name: 'a zone that Azure does not ask',
    file: network,
    find: 'privatelink.vaultcore.azure.net',
    replace: 'privatelink.vault.azure.net',
    caughtBy: { terraform: 'the endpoint of vault is in no zone' },
  },
  {
    name: 'a zone that the network does not ask',
    file: network,
    find: 'for_each = azurerm_private_dns_zone.this',
    replace:
      'for_each = { for name, zone in azurerm_private_dns_zone.this : name => zone if !strcontains(name, "servicebus") }',
    caughtBy: { terraform: 'the network does not ask the zone privatelink.servicebus' },
  },
];

/** What is written down where others read it. */
const WRITTEN: readonly Fault[] = [
  {
    name: "a state on somebody's disk",
    file: 'infra/terraform/environments/prod/versions.tf',
    find: '  backend "azurerm" {}\n',
    replace: '',
    caughtBy: { hcl: "the state of prod is a file on somebody's disk" },
  },
  {
    name: 'a secret that every apply prints',
    file: `${bus}/outputs.tf`,
    find: '  sensitive   = true\n',
    replace: '',
    caughtBy: { hcl: 'output primary_connection_string is printed' },
  },
];

/** What the system lets in, and what it gives away. */
export const EDGE_FAULTS = [EDGES, WRITTEN];
