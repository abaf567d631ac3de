/** A mistake somebody could make, and what it does to the text of one file. */
export interface Fault {
  readonly name: string;
  /** Relative to infra/terraform. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** What the complaint must contain: caught for the right reason. */
  readonly says: string;
}

const serviceBus = 'modules/service-bus/main.tf';
const identity = 'modules/identity';
const apps = 'modules/apps/main.tf';
const alerts = 'modules/alerts';

/** Every one of these must be caught by validate, by a plan, or by a policy on the plan. */
export const FAULTS: readonly Fault[] = [
  // Names and types: the schema.
  {
    name: 'an argument of azurerm 3',
    says: '"enable_partitioning" is not expected here',
    file: serviceBus,
    find: 'partitioning_enabled = false',
    replace: 'enable_partitioning = false',
  },
  {
    name: 'a misspelt argument',
    says: 'Did you mean "forward_to"',
    file: serviceBus,
    find: 'forward_to = azurerm',
    replace: 'forwards_to = azurerm',
  },
  {
    name: 'a missing required argument',
    says: 'The argument "topic_id" is required',
    file: serviceBus,
    find: '  topic_id   = azurerm_servicebus_topic.events.id\n',
    replace: '',
  },
  {
    name: 'a block that does not exist',
    says: '"boot_probe" are not expected here',
    file: apps,
    find: '      startup_probe {',
    replace: '      boot_probe {',
  },
  {
    name: 'a second single block',
    says: 'No more than 1 "template" blocks',
    file: apps,
    find: '  template {\n    min_replicas',
    replace:
      '  template {\n    container {\n      name = "x"\n      image = "x"\n      cpu = 0.25\n      memory = "0.5Gi"\n    }\n  }\n\n  template {\n    min_replicas',
  },
  {
    name: 'text where a number belongs',
    says: 'a number is required',
    file: `${alerts}/service_bus_alerts.tf`,
    find: 'threshold   = 5\n',
    replace: 'threshold   = "many"\n',
  },
  {
    name: 'an undeclared variable',
    says: 'undeclared input variable',
    file: serviceBus,
    find: 'var.sas_enabled\n  public',
    replace: 'var.sas\n  public',
  },
  {
    name: 'an attribute that is not exported',
    says: 'exported attribute named "hostname"',
    file: 'modules/database/outputs.tf',
    find: '.fqdn',
    replace: '.hostname',
  },
  {
    name: 'a module without a variable it needs',
    says: 'The argument "alert_email" is required',
    file: 'environments/prod/main.tf',
    find: '  alert_email           = var.alert_email\n',
    replace: '',
  },
  // Values: the table of rules.
  {
    name: 'a lock longer than Azure allows',
    says: 'allowed are PT5S to PT5M',
    file: 'modules/service-bus/variables.tf',
    find: 'lock_duration                           = optional(string, "PT1M")',
    replace: 'lock_duration                           = optional(string, "PT10M")',
  },
  {
    name: 'a duration that is none',
    says: 'must be an ISO 8601 duration',
    file: 'modules/service-bus/variables.tf',
    find: 'optional(string, "PT1H")',
    replace: 'optional(string, "1h")',
  },
  {
    name: 'a metric that does not exist',
    says: 'metric DeadLetterMessages does not exist',
    file: `${alerts}/service_bus_alerts.tf`,
    find: '"DeadletteredMessages"',
    replace: '"DeadLetterMessages"',
  },
  {
    name: 'a dimension that the metric does not have',
    says: 'has a dimension that',
    file: `${alerts}/main.tf`,
    find: 'name     = "EntityName"',
    replace: 'name     = "QueueName"',
  },
  {
    name: 'a severity out of range',
    says: 'severity is 7',
    file: `${alerts}/main.tf`,
    find: 'severity            = 3',
    replace: 'severity            = 7',
  },
  {
    name: 'an evaluation frequency that is not offered',
    says: 'frequency is "PT2M"',
    file: `${alerts}/main.tf`,
    find: 'frequency           = "PT5M"',
    replace: 'frequency           = "PT2M"',
  },
  {
    name: 'a role that does not exist',
    says: 'role_definition_name is "Service Bus Sender"',
    file: `${identity}/main.tf`,
    find: '"Azure Service Bus Data Sender"',
    replace: '"Service Bus Sender"',
  },
  {
    name: 'a scaler key that KEDA does not read',
    says: 'metadata queueLength, which the scaler does not read',
    file: apps,
    find: 'messageCount = tostring',
    replace: 'queueLength = tostring',
  },
  {
    name: 'memory that does not go with the cores',
    says: 'must be 0.5Gi',
    file: apps,
    find: 'cpu * 2}Gi',
    replace: 'cpu * 3}Gi',
  },
  {
    name: 'a TLS version that is too old',
    says: 'minimum_tls_version is "1.0"',
    file: serviceBus,
    find: '"1.2"',
    replace: '"1.0"',
  },
  {
    name: 'a filter type that does not exist',
    says: 'filter_type is "LabelFilter"',
    file: serviceBus,
    find: '"CorrelationFilter"',
    replace: '"LabelFilter"',
  },
  // Meaning: preconditions and policies.
  {
    name: 'shared access keys on',
    says: 'lets shared access keys in',
    file: serviceBus,
    find: 'local_auth_enabled            = var.sas_enabled',
    replace: 'local_auth_enabled            = true',
  },
  {
    name: 'a public Premium',
    says: 'reached through private endpoints here',
    file: 'modules/system/main.tf',
    find: '= !var.private\n  sas_enabled',
    replace: '= true\n  sas_enabled',
  },
  {
    name: 'Standard in production',
    says: 'A Standard namespace has no private endpoints',
    file: 'environments/prod/main.tf',
    find: '"Premium"',
    replace: '"Standard"',
  },
  {
    name: 'a right on the whole namespace',
    says: 'order-worker may send orderflow-prod-sb and should not',
    file: `${identity}/main.tf`,
    find: 'scope                = local.scopes[each.value.target]',
    replace: 'scope                = var.namespace_id',
  },
  {
    name: "a worker that reads another one's queue",
    says: 'billing-worker may receive orders and should not',
    file: `${identity}/variables.tf`,
    find: 'receives_from = ["billing"]',
    replace: 'receives_from = ["billing", "orders"]',
  },
  {
    name: 'a publisher that may not publish',
    says: 'order-worker may not send events',
    file: `${identity}/variables.tf`,
    find: 'sends_to      = ["orders", "events"]',
    replace: 'sends_to      = ["orders"]',
  },
  {
    name: 'a worker scaled by the wrong queue',
    says: 'billing-worker scales on orders',
    file: 'modules/apps/deployments.tf',
    find: 'queue = var.queue_names["billing"]',
    replace: 'queue = var.queue_names["orders"]',
  },
  {
    name: "a scaler that borrows the app's identity",
    says: 'billing-worker scales with id of orderflow-prod-billing-worker',
    file: apps,
    find: '        identity_id      = var.scaler_identity_id',
    replace: '        identity_id      = each.value.identity.id',
  },
  {
    name: 'a public worker',
    says: 'analytics-worker is public',
    file: 'modules/apps/deployments.tf',
    find: 'queue = var.queue_names["analytics"], external = false',
    replace: 'queue = var.queue_names["analytics"], external = true',
  },
  {
    name: 'a liveness probe that asks for readiness',
    says: 'has no liveness probe at /health/live',
    file: apps,
    find: '"/health/live"',
    replace: '"/health/ready"',
  },
  {
    name: 'a password in a connection string',
    says: 'has a secret in the variable DATABASE_URL',
    file: 'modules/apps/deployments.tf',
    find: '${var.identities[app].name}@',
    replace: '${var.identities[app].name}:secret@',
  },
  {
    name: 'a secret in the state',
    says: 'secret payment-gateway-url is in the state',
    file: apps,
    find: 'key_vault_secret_id = secret.value',
    replace: 'value = "https://gateway"',
  },
  {
    name: 'an alert that reaches nobody',
    says: 'outbox-age reaches no action group',
    file: `${alerts}/main.tf`,
    find: '  action {\n    action_groups = [azurerm_monitor_action_group.this.id]\n  }\n',
    replace: '',
  },
  {
    name: 'dead letters of the topic unwatched',
    says: 'no alert watches DeadletteredMessages events',
    file: `${alerts}/main.tf`,
    find: 'concat(values(var.queue_names), [var.topic_name])',
    replace: 'values(var.queue_names)',
  },
  {
    name: 'partitioned queues',
    says: 'orders is partitioned',
    file: serviceBus,
    find: '  partitioning_enabled = false\n}',
    replace: '  partitioning_enabled = true\n}',
  },
  {
    name: 'no private endpoint for the vault',
    says: 'no private endpoint for vault',
    file: 'modules/system/main.tf',
    find: '    key-vault  = { resource_id = azurerm_key_vault.this.id, subresource = "vault" }\n',
    replace: '',
  },
  {
    name: 'more connections than the database grants',
    says: 'open 210 connections, B_Standard_B1ms grants 35',
    file: 'environments/dev/main.tf',
    find: 'pool_size = 2\n',
    replace: 'pool_size = 20\n',
  },
  {
    name: 'production that can be deleted',
    says: 'can be deleted by accident',
    file: 'environments/prod/main.tf',
    find: 'protected             = true',
    replace: 'protected             = false',
  },
  {
    name: 'an image without a fixed version',
    says: 'a tag other than latest',
    file: 'environments/prod/terraform.tfvars.example',
    find: '"1.0.0"',
    replace: '"latest"',
  },
];
