import type { Fault } from './fault.ts';

const apps = 'infra/terraform/modules/apps/main.tf';
const system = 'infra/terraform/modules/system/main.tf';

/** Identities, databases, federation. */
const ACCESS: readonly Fault[] = [
  {
    name: 'an app without the identity it scales with',
    file: apps,
    find: 'each.value.queue == null ? [each.value.identity.id] : [each.value.identity.id, var.scaler_identity_id]',
    replace: '[each.value.identity.id]',
    caughtBy: { terraform: 'order-worker scales as scaler, which is not assigned to it' },
  },
  {
    name: "every app on one app's database",
    file: 'infra/terraform/modules/apps/deployments.tf',
    find: '${var.database_names[app]}?',
    replace: '${var.database_names["order-api"]}?',
    caughtBy: { terraform: 'share database order_api' },
  },
  {
    name: 'a migration job that lets nobody in',
    file: apps,
    find: 'concat(["migrate", each.key], flatten([for role in local.database_roles[each.key] : ["--grant-to", role]]))',
    replace: '["migrate", each.key]',
    caughtBy: { terraform: 'migrate-order-worker does not let order-worker into order_worker' },
  },
  {
    name: 'an app that logs in as another',
    file: 'infra/terraform/modules/apps/deployments.tf',
    find: 'postgresql://${var.operations_identity.name}@',
    replace: 'postgresql://${var.identities["order-api"].name}@',
    caughtBy: { terraform: 'operations logs in to PostgreSQL as order-api' },
  },
  {
    name: 'a service account that is no workload',
    file: 'infra/terraform/modules/identity/main.tf',
    find: '"${var.kubernetes.namespace}:${app}"',
    replace: '"${var.kubernetes.namespace}:app"',
    caughtBy: { terraform: ':app gets tokens of order-api' },
  },
  {
    name: 'migrations left out of the cluster',
    file: 'infra/terraform/modules/identity/main.tf',
    find: '      migrations = {\n        identity_id     = azurerm_user_assigned_identity.migrations.id\n        service_account = "${var.kubernetes.namespace}:migrations"\n      }\n',
    replace: '',
    caughtBy: { terraform: 'the service account of migrations is not federated' },
  },
  {
    name: 'apps that do not know whose tokens to take',
    file: 'infra/terraform/modules/apps/deployments.tf',
    find: '        AUTH_ISSUER                          = var.access.issuer\n',
    replace: '',
    caughtBy: { terraform: 'analytics-worker is not given AUTH_ISSUER' },
  },
];

/** The same, each of which changes all of the apps. */
const ADMINISTRATORS: readonly Fault[] = [
  {
    name: 'workers that run as the database administrator',
    file: system,
    find: 'identities                    = module.identity.apps',
    replace:
      'identities                    = { for app in keys(module.identity.apps) : app => module.identity.migrations }',
    caughtBy: { terraform: 'order-worker runs as the database administrator' },
  },
  {
    name: 'migration jobs on one database',
    file: apps,
    find: '${var.database_names[each.key]}',
    replace: '${var.database_names["order-api"]}',
    caughtBy: { terraform: 'no job migrates database order_worker of order-worker' },
  },
];

/** What an app meets when it starts and when it stops. */
const STARTING: readonly Fault[] = [
  {
    name: 'apps that do not wait for their rights',
    file: system,
    find: '  depends_on = [module.identity, module.network, module.database, module.service_bus]\n',
    replace: '',
    caughtBy: {
      terraform:
        'azurerm_container_app.this does not wait for module.system.module.identity.azurerm_role_assignment.receive',
    },
  },
  {
    name: 'an app that means to stop after it is killed',
    file: 'infra/terraform/modules/apps/deployments.tf',
    find: 'termination_grace_period_seconds - 15',
    replace: 'termination_grace_period_seconds + 15',
    caughtBy: { terraform: 'is killed after 60 s and means to stop within 75 s' },
  },
  {
    name: 'a variable that no app is given',
    file: 'infra/terraform/modules/apps/deployments.tf',
    find: '        TOPIC_NAME                           = var.topic_name\n',
    replace: '',
    caughtBy: { terraform: 'order-worker is not given TOPIC_NAME' },
  },
];

/** The network. */
const REACH: readonly Fault[] = [
  {
    name: 'a security group without PostgreSQL',
    file: 'infra/terraform/modules/network/main.tf',
    find: '"443", "5432"]',
    replace: '"443"]',
    caughtBy: { terraform: 'apps does not reach postgresqlServer on port 5432' },
  },
  {
    name: 'a security group without AMQP over TLS',
    file: 'infra/terraform/modules/network/main.tf',
    find: '["5671", "5672"',
    replace: '["5672"',
    caughtBy: { terraform: 'apps does not reach namespace on port 5671' },
  },
  {
    name: 'operations that reach nothing',
    file: 'infra/terraform/modules/network/main.tf',
    find: 'concat(azurerm_subnet.apps.address_prefixes, azurerm_subnet.operations.address_prefixes)',
    replace: 'azurerm_subnet.apps.address_prefixes',
    caughtBy: { terraform: 'operations does not reach vault on port 443' },
  },
  {
    name: 'a security group that refuses nobody',
    file: 'infra/terraform/modules/network/main.tf',
    find: 'access                     = "Deny"',
    replace: 'access                     = "Allow"',
    caughtBy: { terraform: 'deny-the-rest lets everybody in' },
  },
  {
    name: 'a security group that does not apply',
    file: 'infra/terraform/modules/network/main.tf',
    find: 'private_endpoint_network_policies = "Enabled"',
    replace: 'private_endpoint_network_policies = "Disabled"',
    caughtBy: { terraform: 'no security group applies to the private endpoints' },
  },
];

/** Who runs as whom, who reaches what, and in what order. */
export const ACCESS_FAULTS = [ACCESS, ADMINISTRATORS, STARTING, REACH];
