import type { Fault } from './fault.ts';

const serviceBus = 'infra/terraform/modules/service-bus/main.tf';
const apps = 'infra/terraform/modules/apps/main.tf';
const system = 'infra/terraform/modules/system/main.tf';
const prod = 'infra/terraform/environments/prod/main.tf';

/** Names and values: rules of the provider, in the table of value rules. */
const NAMES: readonly Fault[] = [
  {
    name: 'a namespace whose name ends in -sb',
    file: system,
    find: '"${var.project}-bus-${local.suffix}"',
    replace: '"${var.project}-sb"',
    caughtBy: { terraform: 'is "orderflow-prod-sb", must be 6 to 50' },
  },
  {
    name: 'a vault with two dashes in a row',
    file: system,
    find: '-kv-${local.suffix}',
    replace: '--kv${local.suffix}',
    caughtBy: { terraform: 'is "orderflow-prod--kv' },
  },
  {
    name: 'a database server in capital letters',
    file: system,
    find: '-pg-${local.suffix}',
    replace: '-PG-${local.suffix}',
    caughtBy: { terraform: 'azurerm_postgresql_flexible_server: name is "orderflow-prod-PG-' },
  },
  {
    name: 'a job with two dashes in a row',
    file: apps,
    find: '"migrate-${each.key}"',
    replace: '"migrate--${each.key}"',
    caughtBy: { terraform: 'is "migrate--order-api"' },
  },
  {
    name: 'a rule of our own that is called $Default',
    file: serviceBus,
    find: '= "all"',
    replace: '= "$Default"',
    caughtBy: {
      terraform: 'name is "$Default"',
      hcl: 'azurerm_servicebus_subscription_rule.catch_all: name is "$Default"',
    },
  },
  {
    name: 'an alert with a slash in its name',
    file: 'infra/terraform/modules/alerts/main.tf',
    find: '${var.name}-scheduled-growing',
    replace: '${var.name}/scheduled-growing',
    caughtBy: { terraform: 'name is "orderflow-prod/scheduled-growing"' },
  },
  {
    name: 'more replicas than Container Apps runs',
    file: prod,
    find: 'billing-worker   = { min_replicas = 2, max_replicas = 20 }',
    replace: 'billing-worker   = { min_replicas = 2, max_replicas = 301 }',
    caughtBy: { terraform: 'max_replicas is 301' },
  },
  {
    name: 'a size that PostgreSQL does not have',
    file: 'infra/terraform/environments/prod/variables.tf',
    find: '"GP_Standard_D2ds_v5"',
    replace: '"GP_Standard_D3ds_v5"',
    caughtBy: { terraform: 'sku_name is "GP_Standard_D3ds_v5"' },
  },
  {
    name: 'a metric that PostgreSQL does not have',
    file: 'infra/terraform/modules/alerts/database_alerts.tf',
    find: '"storage_percent"',
    replace: '"storage_percentage"',
    caughtBy: { terraform: 'metric storage_percentage does not exist' },
  },
  {
    name: 'a sensitivity that is not offered',
    file: 'infra/terraform/modules/alerts/main.tf',
    find: 'alert_sensitivity = "Medium"',
    replace: 'alert_sensitivity = "Middle"',
    caughtBy: { terraform: 'alert_sensitivity is "Middle"', hcl: 'dynamic_criteria.alert_sensitivity is "Middle"' },
  },
  {
    name: 'a subject that is no service account',
    file: 'infra/terraform/modules/identity/main.tf',
    find: 'system:serviceaccount:$',
    replace: 'system:serviceaccounts:$',
    caughtBy: { terraform: 'must be system:serviceaccount:NAMESPACE:NAME' },
  },
  {
    name: 'an audience that Entra does not exchange',
    file: 'infra/terraform/modules/identity/main.tf',
    find: 'api://AzureADTokenExchange',
    replace: 'api://orderflow',
    caughtBy: { terraform: 'audience is "api://orderflow"' },
  },
];

/** What a plan does not show: the provider, and what it must leave alone. */
const LIFECYCLE: readonly Fault[] = [
  {
    name: '$Default left in new subscriptions',
    file: prod,
    find: 'auto_delete_subscription_default_rule = true',
    replace: 'auto_delete_subscription_default_rule = false',
    caughtBy: { hcl: 'the provider leaves $Default in new subscriptions' },
  },
  {
    name: 'a plan that shrinks a disk which Azure grew',
    file: 'infra/terraform/modules/database/main.tf',
    find: '[storage_mb, zone, ',
    replace: '[zone, ',
    caughtBy: { hcl: 'does not ignore storage_mb' },
  },
  {
    name: 'a plan that moves a server back after a failover',
    file: 'infra/terraform/modules/database/main.tf',
    find: '[storage_mb, zone, high_availability[0].standby_availability_zone]',
    replace: '[storage_mb, high_availability[0].standby_availability_zone]',
    caughtBy: { hcl: 'does not ignore zone' },
  },
  {
    name: 'a provider too old to remove $Default',
    file: 'infra/terraform/modules/service-bus/versions.tf',
    find: '>= 4.81',
    replace: '>= 4.73',
    caughtBy: { hcl: 'azurerm ">= 4.73, < 5" is not pinned' },
  },
  {
    name: 'a feature of the provider that does not exist',
    file: 'infra/terraform/environments/dev/main.tf',
    find: '    servicebus {',
    replace: '    service_bus {',
    caughtBy: { terraform: '"service_bus" are not expected here' },
  },
];

/** What Azure or the provider refuses, or changes behind the plan. */
export const AZURE_FAULTS = [NAMES, LIFECYCLE];
