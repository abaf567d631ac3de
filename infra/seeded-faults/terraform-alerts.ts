import type { Fault } from './fault.ts';

const alerts = 'infra/terraform/modules/alerts';
const serviceBus = 'infra/terraform/modules/service-bus/main.tf';
const apps = 'infra/terraform/modules/apps/main.tf';
const prod = 'infra/terraform/environments/prod/main.tf';

/** Alerts that come always, never, or about something else; apps that do not grow or do not say how they are. */
const SENSE: readonly Fault[] = [
  {
    name: 'a backlog that is never reached',
    file: `${alerts}/variables.tf`,
    find: 'default     = 100\n',
    replace: 'default     = 100000\n',
    caughtBy: { terraform: 'backlog-billing comes at ActiveMessages 100000' },
  },
  {
    name: 'a share where per cent are meant',
    file: `${alerts}/service_bus_alerts.tf`,
    find: 'threshold   = 70',
    replace: 'threshold   = 0.7',
    caughtBy: { terraform: 'namespace-cpu comes at NamespaceCpuUsage 0.7' },
  },
  {
    name: 'more than the whole disk',
    file: `${alerts}/database_alerts.tf`,
    find: 'threshold   = 80',
    replace: 'threshold   = 800',
    caughtBy: { terraform: 'database-storage comes at storage_percent 800' },
  },
  {
    name: 'dead letters by the thousand',
    file: `${alerts}/service_bus_alerts.tf`,
    find: 'threshold   = 0\n      entities    = local.entities_with_dead',
    replace: 'threshold   = 1000\n      entities    = local.entities_with_dead',
    caughtBy: { terraform: 'dead-letters comes at DeadletteredMessages 1000' },
  },
  {
    name: 'an alert on the metric of something else',
    file: `${alerts}/main.tf`,
    find: '[var.database.id]',
    replace: '[var.namespace_id]',
    caughtBy: { terraform: 'database-connections looks for Microsoft.DBforPostgreSQL/flexibleServers at' },
  },
  {
    name: 'an alert on logs that asks no workspace',
    file: `${alerts}/main.tf`,
    find: '[var.log_analytics_workspace_id]',
    replace: '[var.namespace_id]',
    caughtBy: { terraform: 'which is no workspace' },
  },
  {
    name: 'an age that is never reached',
    file: `${alerts}/variables.tf`,
    find: 'default     = 60\n',
    replace: 'default     = 60000\n',
    caughtBy: { terraform: 'comes when Age is GreaterThan 60000' },
  },
  {
    name: 'an alert that comes while all is well',
    file: `${alerts}/main.tf`,
    find: 'operator                = "GreaterThan"\n    threshold               = each.value.threshold',
    replace: 'operator                = "LessThan"\n    threshold               = each.value.threshold',
    caughtBy: { terraform: 'comes when Share is LessThan' },
  },
  {
    name: 'an alert on a limit that an app does not have',
    file: `${alerts}/main.tf`,
    find: 'threshold        = each.value.max',
    replace: 'threshold        = 10 * each.value.max',
    caughtBy: { terraform: 'replicas, the limit is 20' },
  },
  {
    name: 'apps that log where no alert looks',
    file: apps,
    find: 'logs_destination           = "log-analytics"\n  log_analytics_workspace_id = var.log_analytics_workspace_id\n',
    replace: 'logs_destination = "azure-monitor"\n',
    caughtBy: { terraform: 'log where no alert looks' },
  },
  {
    name: 'a namespace that logs nowhere',
    file: serviceBus,
    find: 'target_resource_id         = azurerm_servicebus_namespace.this.id',
    replace: 'target_resource_id         = azurerm_servicebus_topic.events.id',
    caughtBy: { terraform: 'logs nowhere' },
  },
  {
    name: 'the scaler of a worker without its identity',
    file: apps,
    find: '        identity_id      = var.scaler_identity_id\n',
    replace: '',
    caughtBy: { terraform: 'analytics-worker scales as null' },
  },
  {
    name: 'a probe at a path that nobody serves',
    file: apps,
    find: '"/health/ready"',
    replace: '"/ready"',
    caughtBy: { terraform: 'has no readiness probe at /health/ready' },
  },
  {
    name: 'an app whose old revisions go on',
    file: apps,
    find: 'revision_mode                = "Single"',
    replace: 'revision_mode                = "Multiple"',
    caughtBy: { terraform: 'keeps old revisions running' },
  },
  {
    name: 'an order-api that requests do not scale',
    file: apps,
    find: 'for_each = each.value.external ? [1] : []',
    replace: 'for_each = []',
    caughtBy: { terraform: 'order-api does not scale by requests' },
  },
  {
    name: 'one replica in production',
    file: prod,
    find: 'order-worker     = { min_replicas = 2',
    replace: 'order-worker     = { min_replicas = 1',
    caughtBy: { terraform: 'order-worker runs 1 replica at least' },
  },
];

/** What Azure refuses of an alert or a job. */
const REFUSED: readonly Fault[] = [
  {
    name: 'an aggregation that the metric does not offer',
    file: `${alerts}/database_alerts.tf`,
    find: 'metric      = "connections_failed"\n      aggregation = "Total"',
    replace: 'metric      = "connections_failed"\n      aggregation = "Average"',
    caughtBy: { terraform: 'metric connections_failed has no Average' },
  },
  {
    name: 'a dynamic threshold every minute',
    file: `${alerts}/main.tf`,
    find: 'severity            = 3\n  frequency           = "PT5M"\n  window_size         = "PT15M"\n  auto_mitigate       = true\n\n  dynamic',
    replace:
      'severity            = 3\n  frequency           = "PT1M"\n  window_size         = "PT15M"\n  auto_mitigate       = true\n\n  dynamic',
    caughtBy: { terraform: 'has a dynamic threshold and is looked at every PT1M' },
  },
  {
    name: 'an alert that is blind between two looks',
    file: `${alerts}/log_alerts.tf`,
    find: 'window      = "PT10M"',
    replace: 'window      = "PT1M"',
    caughtBy: { terraform: 'is looked at every PT5M over PT1M' },
  },
  {
    name: 'a job that nothing starts',
    file: apps,
    find: '  manual_trigger_config {\n    parallelism              = 1\n    replica_completion_count = 1\n  }\n',
    replace: '',
    caughtBy: { terraform: 'has 0 triggers, must have one' },
  },
];

/** Who is told, and when. */
export const ALERT_SENSE_FAULTS = [SENSE, REFUSED];
