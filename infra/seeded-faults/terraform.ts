import type { Fault } from './fault.ts';

const serviceBus = 'infra/terraform/modules/service-bus/main.tf';
const identity = 'infra/terraform/modules/identity';
const apps = 'infra/terraform/modules/apps/main.tf';
const system = 'infra/terraform/modules/system/main.tf';
const prod = 'infra/terraform/environments/prod/main.tf';
const alerts = 'infra/terraform/modules/alerts';

/** Names and types: the schema. */
const SCHEMA: readonly Fault[] = [
  {
    name: 'an argument of azurerm 3',
    file: serviceBus,
    find: 'partitioning_enabled = false',
    replace: 'enable_partitioning = false',
    caughtBy: {
      terraform: '"enable_partitioning" is not expected here',
      hcl: 'enable_partitioning is not expected here',
    },
  },
  {
    name: 'a misspelt argument',
    file: serviceBus,
    find: 'forward_to = azurerm',
    replace: 'forwards_to = azurerm',
    caughtBy: { terraform: 'Did you mean "forward_to"', hcl: 'forwards_to is not expected here' },
  },
  {
    name: 'a missing required argument',
    file: serviceBus,
    find: '  topic_id   = azurerm_servicebus_topic.events.id\n',
    replace: '',
    caughtBy: { terraform: 'The argument "topic_id" is required', hcl: 'topic_id is required' },
  },
  {
    name: 'a block that does not exist',
    file: apps,
    find: '      startup_probe {',
    replace: '      boot_probe {',
    caughtBy: { terraform: '"boot_probe" are not expected here', hcl: 'boot_probe is not expected here' },
  },
  {
    name: 'a second single block',
    file: apps,
    find: '  template {\n    min_replicas',
    replace:
      '  template {\n    container {\n      name = "x"\n      image = "x"\n      cpu = 0.25\n      memory = "0.5Gi"\n    }\n  }\n\n  template {\n    min_replicas',
    caughtBy: { terraform: 'No more than 1 "template" blocks', hcl: 'no more than 1 template blocks' },
  },
  {
    name: 'text where a number belongs',
    file: `${alerts}/service_bus_alerts.tf`,
    find: 'threshold   = 5\n',
    replace: 'threshold   = "many"\n',
    caughtBy: { terraform: 'a number is required' },
  },
  {
    name: 'an undeclared variable',
    file: serviceBus,
    find: 'var.sas_enabled\n  public',
    replace: 'var.sas\n  public',
    caughtBy: { terraform: 'undeclared input variable', hcl: 'variable sas is not declared' },
  },
  {
    name: 'an attribute that is not exported',
    file: 'infra/terraform/modules/database/outputs.tf',
    find: '.fqdn',
    replace: '.hostname',
    caughtBy: { terraform: 'exported attribute named "hostname"' },
  },
  {
    name: 'a module without a variable it needs',
    file: prod,
    find: '  alert_email           = var.alert_email\n',
    replace: '',
    caughtBy: { terraform: 'The argument "alert_email" is required', hcl: 'alert_email is required' },
  },
];

/** Values: the table of rules. */
const VALUES: readonly Fault[] = [
  {
    name: 'a lock longer than Azure allows',
    file: 'infra/terraform/modules/service-bus/variables.tf',
    find: 'lock_duration                           = optional(string, "PT1M")',
    replace: 'lock_duration                           = optional(string, "PT10M")',
    caughtBy: { terraform: 'allowed are PT5S to PT5M' },
  },
  {
    name: 'a duration that is none',
    file: 'infra/terraform/modules/service-bus/variables.tf',
    find: 'optional(string, "PT1H")',
    replace: 'optional(string, "1h")',
    caughtBy: { terraform: 'must be an ISO 8601 duration' },
  },
  {
    name: 'a metric that does not exist',
    file: `${alerts}/service_bus_alerts.tf`,
    find: '"DeadletteredMessages"',
    replace: '"DeadLetterMessages"',
    caughtBy: { terraform: 'metric DeadLetterMessages does not exist' },
  },
  {
    name: 'a dimension that the metric does not have',
    file: `${alerts}/main.tf`,
    find: 'name     = "EntityName"',
    replace: 'name     = "QueueName"',
    caughtBy: { terraform: 'has a dimension that' },
  },
  {
    name: 'a severity out of range',
    file: `${alerts}/main.tf`,
    find: 'severity            = 3',
    replace: 'severity            = 7',
    caughtBy: { terraform: 'severity is 7', hcl: 'severity is 7' },
  },
  {
    name: 'an evaluation frequency that is not offered',
    file: `${alerts}/main.tf`,
    find: 'frequency           = "PT5M"',
    replace: 'frequency           = "PT2M"',
    caughtBy: { terraform: 'frequency is "PT2M"', hcl: 'frequency is "PT2M"' },
  },
  {
    name: 'a role that does not exist',
    file: `${identity}/main.tf`,
    find: '"Azure Service Bus Data Sender"',
    replace: '"Service Bus Sender"',
    caughtBy: { terraform: 'role_definition_name is "Service Bus Sender"' },
  },
  {
    name: 'a scaler key that KEDA does not read',
    file: apps,
    find: 'messageCount = tostring',
    replace: 'queueLength = tostring',
    caughtBy: {
      terraform: 'metadata queueLength, which the scaler does not read',
      hcl: 'metadata queueLength, which the scaler does not read',
    },
  },
  {
    name: 'memory that does not go with the cores',
    file: apps,
    find: 'cpu * 2}Gi',
    replace: 'cpu * 3}Gi',
    caughtBy: { terraform: 'must be 0.5Gi' },
  },
  {
    name: 'a TLS version that is too old',
    file: serviceBus,
    find: '"1.2"',
    replace: '"1.0"',
    caughtBy: { terraform: 'minimum_tls_version is "1.0"', hcl: 'minimum_tls_version is "1.0"' },
  },
  {
    name: 'a filter type that does not exist',
    file: serviceBus,
    find: '"CorrelationFilter"',
    replace: '"LabelFilter"',
    caughtBy: { terraform: 'filter_type is "LabelFilter"', hcl: 'filter_type is "LabelFilter"' },
  },
];

/** What a precondition or a validation of our own refuses. */
const PRECONDITIONS: readonly Fault[] = [
  {
    name: 'a public Premium',
    file: system,
    find: '= !var.private\n  sas_enabled',
    replace: '= true\n  sas_enabled',
    caughtBy: { terraform: 'reached through private endpoints here' },
  },
  {
    name: 'Standard in production',
    file: prod,
    find: '"Premium"',
    replace: '"Standard"',
    caughtBy: { terraform: 'A Standard namespace has no private endpoints' },
  },
  {
    name: 'an image without a fixed version',
    file: 'infra/terraform/environments/prod/terraform.tfvars.example',
    find: '"1.0.0"',
    replace: '"latest"',
    caughtBy: { terraform: 'a tag other than latest' },
  },
];

/** Meaning: the policies. */
const POLICIES: readonly Fault[] = [
  {
    name: 'shared access keys on',
    file: serviceBus,
    find: 'local_auth_enabled            = var.sas_enabled',
    replace: 'local_auth_enabled            = true',
    caughtBy: { terraform: 'lets shared access keys in' },
  },
  {
    name: 'a right on the whole namespace',
    file: `${identity}/main.tf`,
    find: 'scope                = local.scopes[each.value.target]',
    replace: 'scope                = var.namespace_id',
    caughtBy: { terraform: 'order-worker may send orderflow-prod-bus-' },
  },
  {
    name: "a worker that reads another one's queue",
    file: `${identity}/variables.tf`,
    find: 'receives_from = ["billing"]',
    replace: 'receives_from = ["billing", "orders"]',
    caughtBy: { terraform: 'billing-worker may receive orders and should not' },
  },
  {
    name: 'a publisher that may not publish',
    file: `${identity}/variables.tf`,
    find: 'sends_to      = ["orders", "events"]',
    replace: 'sends_to      = ["orders"]',
    caughtBy: { terraform: 'order-worker may not send events' },
  },
  {
    name: 'a worker scaled by the wrong queue',
    file: 'infra/terraform/modules/apps/deployments.tf',
    find: 'queue = var.queue_names["billing${local.beside}"]',
    replace: 'queue = var.queue_names["orders${local.beside}"]',
    caughtBy: { terraform: 'billing-worker scales on orders' },
  },
  {
    name: "a scaler that borrows the app's identity",
    file: apps,
    find: '        identity_id      = var.scaler_identity_id',
    replace: '        identity_id      = each.value.identity.id',
    caughtBy: { terraform: 'billing-worker scales with id of orderflow-prod-billing-worker' },
  },
  {
    name: 'a public worker',
    file: 'infra/terraform/modules/apps/deployments.tf',
    find: 'queue = var.queue_names["analytics"], external = false',
    replace: 'queue = var.queue_names["analytics"], external = true',
    caughtBy: { terraform: 'analytics-worker is public' },
  },
  {
    name: 'a liveness probe that asks for readiness',
    file: apps,
    find: '"/health/live"',
    replace: '"/health/ready"',
    caughtBy: { terraform: 'has no liveness probe at /health/live' },
  },
  {
    name: 'a password in a connection string',
    file: 'infra/terraform/modules/apps/deployments.tf',
    find: '${var.identities[app].name}@',
    replace: '${var.identities[app].name}:secret@',
    caughtBy: { terraform: 'has a secret in the variable DATABASE_URL' },
  },
  {
    name: 'a secret in the state',
    file: apps,
    find: 'key_vault_secret_id = secret.value',
    replace: 'value = "https://gateway"',
    caughtBy: { terraform: 'secret payment-gateway-url is in the state' },
  },
  {
    name: 'an alert that reaches nobody',
    file: `${alerts}/main.tf`,
    find: '  action {\n    action_groups = [azurerm_monitor_action_group.this.id]\n  }\n',
    replace: '',
    caughtBy: { terraform: 'outbox-age reaches no action group' },
  },
  {
    name: 'dead letters of the topic unwatched',
    file: `${alerts}/main.tf`,
    find: 'concat(values(var.queue_names), [var.topic_name])',
    replace: 'values(var.queue_names)',
    caughtBy: { terraform: 'no alert watches DeadletteredMessages events' },
  },
  {
    name: 'partitioned queues',
    file: serviceBus,
    find: '  partitioning_enabled = false\n}',
    replace: '  partitioning_enabled = true\n}',
    caughtBy: { terraform: 'orders is partitioned' },
  },
  {
    name: 'no private endpoint for the vault',
    file: system,
    find: '    key-vault  = { resource_id = azurerm_key_vault.this.id, subresource = "vault" }\n',
    replace: '',
    caughtBy: { terraform: 'no private endpoint for vault' },
  },
  {
    name: 'more connections than the database grants',
    file: 'infra/terraform/environments/dev/main.tf',
    find: 'pool_size = 2\n',
    replace: 'pool_size = 20\n',
    caughtBy: { terraform: 'open 210 connections, B_Standard_B1ms grants 35' },
  },
  {
    name: 'a vault that can be purged',
    file: prod,
    find: 'protected             = true',
    replace: 'protected             = false',
    caughtBy: { terraform: 'can be purged' },
  },
];

/** Every one of these must be caught by validate, by a plan, or by a policy on the plan. */
export const TERRAFORM_FAULTS = [SCHEMA, VALUES, PRECONDITIONS, POLICIES];
