import type { Fault } from './fault.ts';

const serviceBus = 'infra/terraform/modules/service-bus/main.tf';
const apps = 'infra/terraform/modules/apps/main.tf';
const system = 'infra/terraform/modules/system/main.tf';
const prod = 'infra/terraform/environments/prod/main.tf';

/** Alerts that do not tell. */
const ALERTS: readonly Fault[] = [
  {
    name: 'an alert that is switched off',
    file: 'infra/terraform/modules/alerts/main.tf',
    find: '  for_each = var.apps\n\n  name                = "${var.name}-${each.key}-replicas-missing"',
    replace:
      '  for_each = var.apps\n\n  enabled             = false\n  name                = "${var.name}-${each.key}-replicas-missing"',
    caughtBy: { terraform: 'order-worker-replicas-missing is switched off' },
  },
  {
    name: 'an alert on a metric that never resolves',
    file: 'infra/terraform/modules/alerts/main.tf',
    find: 'auto_mitigate       = true\n\n  criteria {\n    metric_namespace = "Microsoft.DBforPostgreSQL',
    replace: 'auto_mitigate       = false\n\n  criteria {\n    metric_namespace = "Microsoft.DBforPostgreSQL',
    caughtBy: { terraform: 'database-storage does not resolve by itself' },
  },
  {
    name: 'an alert on logs that never resolves',
    file: 'infra/terraform/modules/alerts/main.tf',
    find: '  auto_mitigation_enabled = true\n',
    replace: '',
    caughtBy: { terraform: 'outbox-age does not resolve by itself' },
  },
  {
    name: 'an alert that looks for a line which no app logs',
    file: 'infra/terraform/modules/alerts/log_alerts.tf',
    find: '"messages wait in the outbox"',
    replace: '"messages are waiting in the outbox"',
    caughtBy: { terraform: 'looks for the line "messages are waiting in the outbox"' },
  },
  {
    name: 'an alert that reads a field which no app logs',
    file: 'infra/terraform/modules/alerts/log_alerts.tf',
    find: 'outboxOldestAgeSeconds',
    replace: 'outboxOldestAgeMinutes',
    caughtBy: { terraform: 'reads the field outboxOldestAgeMinutes' },
  },
  {
    name: 'an alert that looks at no column of its query',
    file: 'infra/terraform/modules/alerts/log_alerts.tf',
    find: 'measure     = "Share"',
    replace: 'measure     = "Percentage"',
    caughtBy: { terraform: 'looks at column Percentage' },
  },
  {
    name: 'an alert on a column that the table has not',
    file: 'infra/terraform/modules/alerts/log_alerts.tf',
    find: 'where MetricName',
    replace: 'where Metric',
    caughtBy: { terraform: 'reads Metric, which AzureMetrics has not' },
  },
  {
    name: 'restarts that no query sees',
    file: apps,
    find: '  for_each = azurerm_container_app.this\n',
    replace: '  for_each = { for app, deployed in azurerm_container_app.this : app => deployed if false }\n',
    caughtBy: { terraform: 'the metrics of order-worker reach no query' },
  },
  {
    name: 'failed connections unwatched',
    file: 'infra/terraform/modules/alerts/database_alerts.tf',
    find: '"connections_failed"',
    replace: '"connections_succeeded"',
    caughtBy: { terraform: 'no alert watches connections_failed' },
  },
  {
    name: 'an alert on connections that comes too late',
    file: 'infra/terraform/modules/alerts/database_alerts.tf',
    find: 'floor(0.8 *',
    replace: 'floor(1.2 *',
    caughtBy: { terraform: 'connections, 844 are granted' },
  },
  {
    name: 'a cap that blinds production',
    file: prod,
    find: 'log_daily_quota_gb = -1',
    replace: 'log_daily_quota_gb = 5',
    caughtBy: { terraform: 'stops at 5 GB a day and blinds the alerts' },
  },
];

/** Data that is lost with a message, a zone, a region or a deletion. */
const DATA: readonly Fault[] = [
  {
    name: 'filter errors that are not dead-lettered',
    file: serviceBus,
    find: 'dead_lettering_on_filter_evaluation_error = true',
    replace: 'dead_lettering_on_filter_evaluation_error = false',
    caughtBy: { terraform: 'drops what its filter fails on' },
  },
  {
    name: 'a subscription without a rule',
    file: serviceBus,
    find: 'catch_all = toset([for name, subscription in var.subscriptions : name if length(subscription.labels) == 0])',
    replace: 'catch_all = toset([])',
    caughtBy: { terraform: 'subscription analytics has no rule and receives nothing' },
  },
  {
    name: 'a database in one zone',
    file: prod,
    find: 'zone_redundant        = true',
    replace: 'zone_redundant        = false',
    caughtBy: { terraform: 'has no standby in another zone' },
  },
  {
    name: 'backups in one region',
    file: prod,
    find: 'geo_redundant_backup  = true',
    replace: 'geo_redundant_backup  = false',
    caughtBy: { terraform: 'has no backup in another region' },
  },
  {
    name: 'apps in one zone',
    file: system,
    find: 'zone_redundant             = var.private',
    replace: 'zone_redundant             = false',
    caughtBy: { terraform: 'runs in one zone' },
  },
  {
    name: 'a lock in the state of what it locks',
    file: system,
    find: 'resource "azurerm_resource_group" "this" {',
    replace:
      'resource "azurerm_management_lock" "keep" {\n  name       = "keep"\n  scope      = azurerm_resource_group.this.id\n  lock_level = "CanNotDelete"\n}\n\nresource "azurerm_resource_group" "this" {',
    caughtBy: { terraform: 'lock keep is in the state of what it locks' },
  },
  {
    name: 'a lock that refuses writes',
    file: 'infra/terraform/environments/prod-locks/main.tf',
    find: '"CanNotDelete"',
    replace: '"ReadOnly"',
    caughtBy: { terraform: 'lock keep-database is ReadOnly' },
  },
  {
    name: 'a vault that nobody locks',
    file: 'infra/terraform/modules/system/outputs.tf',
    find: '    key-vault   = azurerm_key_vault.this.id\n',
    replace: '',
    caughtBy: { terraform: 'is not offered to prod-locks' },
  },
  {
    name: 'a name that somebody else may have',
    file: system,
    find: '"${var.project}-pg-${local.suffix}"',
    replace: '"${var.project}-pg"',
    caughtBy: { terraform: 'orderflow-prod-pg has no suffix' },
  },
];

/** What is noticed only when something goes wrong. */
export const OPERATIONS_FAULTS = [ALERTS, DATA];
