import { matching, matchingBut } from './value-checks.ts';

/**
 * Names that azurerm or Azure refuses. Each rule says where it was read: files of hashicorp/terraform-provider-azurerm
 * under `internal/services`, or Microsoft's page "Naming rules and restrictions for Azure resources" (naming page).
 */

/** `servicebus/validate/namespace_name.go` */
export const serviceBusNamespace = matchingBut(
  /^[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]$/,
  /(-|-sb|-mgmt)$/,
  '6 to 50 letters, digits and dashes, starting with a letter, not ending in -, -sb or -mgmt',
);

/** `servicebus/validate/queue_name.go` */
export const serviceBusQueue = matching(
  /^[A-Za-z0-9](?:[\w./~-]{0,258}[A-Za-z0-9])?$/,
  'at most 260 letters, digits, . _ - / ~, with a letter or digit at both ends',
);

/** `servicebus/validate/topic_name.go` */
export const serviceBusTopic = serviceBusQueue;

/** `servicebus/validate/subscription_name.go` */
export const serviceBusSubscription = matching(
  /^[A-Za-z0-9](?:[\w.-]{0,48}[A-Za-z0-9])?$/,
  'at most 50 letters, digits, . _ -, with a letter or digit at both ends',
);

/**
 * Naming page (namespaces/topics/subscriptions/rules): 1 to 50 characters. `$Default` is the name of the rule that
 * `features.servicebus.auto_delete_subscription_default_rule` deletes: a rule of ours called so is deleted with it.
 */
export const serviceBusRule = matchingBut(/^[\w.$-]{1,50}$/, /^\$Default$/, '1 to 50 letters, digits, . _ -');

/** `keyvault/validate/vault_name.go` */
export const keyVault = matchingBut(
  /^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$/,
  /--/,
  '3 to 24 letters, digits and single dashes, starting with a letter',
);

/** `containerapps/validate/validate.go`, ContainerAppName; 32 characters and a digit at the end: naming page. */
export const containerApp = matchingBut(
  /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/,
  /--/,
  '2 to 32 lower-case letters, digits and single dashes, starting with a letter',
);

/** `containerapps/validate/validate.go`, ManagedEnvironmentName; the stricter of it and the naming page. */
export const containerAppEnvironment = matching(
  /^[A-Za-z][A-Za-z0-9-]{0,58}[A-Za-z0-9]$/,
  '2 to 60 letters, digits and dashes, starting with a letter',
);

/** `containerapps/validate/validate.go`, ContainerAppContainerName */
export const container = matching(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$/, 'letters, digits, - and .');

/** `containerapps/validate/validate.go`, SecretName */
export const containerAppSecret = matching(
  /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
  'lower-case letters, digits and dashes',
);

/** `postgres/validate/flexible_server_name.go`; at least 3: naming page. */
export const postgresServer = matching(
  /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  '3 to 63 lower-case letters, digits and dashes, with a letter or digit at both ends',
);

/** `postgres/validate/flexible_server_sku_name.go` */
export const postgresSku = matching(
  new RegExp(
    [
      '^(B_Standard_B(?:(?:1|2|4|8|12|16|20)ms|2s)',
      'GP_Standard_D(?:(?:2|4|8|16|32|48|64)(?:s_v3|ds_v4)|C?(?:2|4|8|16|32|48|64|96)(?:ds|ads)_v5)',
      'MO_Standard_E(?:(?:2|4|8|16|20|32|48|64)s_v3|(?:2|4|6|8|16|20|32|48|64)ds_v4|(?:2|4|8|16|20|32|48|64|96)(?:ds|ads)_v5))$',
    ].join('|'),
  ),
  'such as B_Standard_B1ms or GP_Standard_D2ds_v5',
);

/** `postgres/validate/flexible_server_database_name.go` */
export const postgresDatabase = matching(
  /^[A-Za-z_-][\w-]{0,62}$/,
  '1 to 63 letters, digits, - and _, not starting with a digit',
);

/** `postgres/validate/flexible_server_firewall_rule_name.go` */
export const postgresFirewallRule = matching(/^[\w-]{1,128}$/, '1 to 128 letters, digits, - and _');

/** `loganalytics/validate/log_analytics_workspace_name.go` */
export const logAnalyticsWorkspace = matching(
  /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
  '4 to 63 letters, digits and dashes, with a letter or digit at both ends',
);

/** Naming page (Microsoft.ManagedIdentity/userAssignedIdentities). */
export const userAssignedIdentity = matching(
  /^[A-Za-z0-9][\w-]{2,127}$/,
  '3 to 128 letters, digits, - and _, starting with a letter or digit',
);

/** Naming page (userAssignedIdentities/federatedIdentityCredentials). */
export const federatedCredential = matching(
  /^[A-Za-z0-9][\w-]{2,119}$/,
  '3 to 120 letters, digits, - and _, starting with a letter or digit',
);

/** go-azure-helpers, `resourcemanager/resourcegroups/validation.go` */
export const resourceGroup = matching(
  /^[\w().-]{0,89}[\w()-]$/,
  '1 to 90 letters, digits, ( ) . _ -, not ending in a dot',
);

/** `resource/validate/management_lock_name.go`: at most 260 letters, digits, - and _. */
export const managementLock = matching(/^[\w-]{1,259}$/, 'fewer than 260 letters, digits, - and _');

/** Naming page (Microsoft.Network: virtual networks, subnets, security groups and rules, private endpoints). */
export const network = matching(
  /^[A-Za-z0-9](?:[\w.-]{0,62}\w)?$/,
  'at most 64 letters, digits, . _ -, starting with a letter or digit and not ending in . or -',
);

/** Naming page (Microsoft.Insights: alerts and action groups). */
export const alert = matchingBut(
  /^[^*#&+:<>?@%{}\\/|]{1,260}$/,
  /[ .]$/,
  'at most 260 characters, none of * # & + : < > ? @ % { } \\ / |',
);
