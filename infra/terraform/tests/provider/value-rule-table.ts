import { isList, isObject, type TerraformValue } from './dynamic-value.ts';
import { criterion, rhythm } from './metric-rules.ts';
import * as name from './name-rules.ts';
import { between, duration, known, matching, oneOf, type ValueRule } from './value-checks.ts';

/**
 * What azurerm and Azure check of values and a schema cannot say. Sources: the provider's documentation of 4.73.0 and,
 * for names, its validators (`name-rules.ts`); Azure's quota pages; KEDA's azure-servicebus scaler page.
 */

const lockDuration = duration('PT5S', 'PT5M');
const duplicateWindow = duration('PT20S', 'P7D');
const timeToLive = duration('PT1S', 'P3650D');
const maxDeliveryCount = between(1, 2000);
/** What a metric alert may be evaluated by. */
const frequency = oneOf('PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H');

/** Metadata of KEDA's azure-servicebus scaler; the platform reports a misspelt key only as a worker that never scales. */
export const SCALER_METADATA = [
  'queueName',
  'topicName',
  'subscriptionName',
  'namespace',
  'messageCount',
  'activationMessageCount',
  'connectionFromEnv',
] as const;

const scaleRule: ValueRule = (value) => {
  if (!isObject(value) || value['custom_rule_type'] !== 'azure-servicebus') return undefined;
  const metadata = value['metadata'];
  if (!known(metadata) || !isObject(metadata)) return undefined;
  const strange = Object.keys(metadata).filter((key) => !SCALER_METADATA.includes(key as 'queueName'));
  if (strange.length > 0) {
    return `has metadata ${strange.join(', ')}, which the scaler does not read: ${SCALER_METADATA.join(', ')}`;
  }
  if (!('queueName' in metadata) && !('topicName' in metadata)) return 'names neither a queueName nor a topicName';
  const count = metadata['messageCount'];
  if (known(count) && !(Number(count) >= 1)) return `has messageCount ${JSON.stringify(count)}, must be 1 or more`;
  return known(value['identity_id']) && !('namespace' in metadata)
    ? 'scales by identity and so needs the namespace in its metadata'
    : undefined;
};

/** Container Apps sells memory in a fixed proportion to cores. */
const container: ValueRule = (value) => {
  if (!isObject(value)) return undefined;
  const { cpu, memory } = value;
  if (typeof cpu !== 'number' || typeof memory !== 'string') return undefined;
  const expected = `${cpu * 2}Gi`;
  if (cpu < 0.25 || cpu > 4 || cpu % 0.25 !== 0) return `has cpu ${cpu}, allowed are 0.25 to 4 in steps of 0.25`;
  return memory === expected ? undefined : `has memory ${memory} with cpu ${cpu}, must be ${expected}`;
};

const environmentVariable: ValueRule = (value) => {
  if (!isObject(value)) return undefined;
  const { value: literal, secret_name: secret } = value;
  if (known(literal) && known(secret)) return 'has both value and secret_name';
  return literal === null && secret === null ? 'has neither value nor secret_name' : undefined;
};

const filterMatchesType: ValueRule = (value) => {
  if (!isObject(value)) return undefined;
  const { filter_type: type, sql_filter: sql, correlation_filter: correlation } = value;
  if (type === 'SqlFilter' && sql === null) return 'is a SqlFilter without sql_filter';
  const none = isList(correlation ?? null) && (correlation as readonly TerraformValue[]).length === 0;
  return type === 'CorrelationFilter' && none ? 'is a CorrelationFilter without correlation_filter' : undefined;
};

/** Azure refuses a job without a trigger, and one with two. */
const oneTrigger: ValueRule = (value) => {
  if (!isObject(value)) return undefined;
  const triggers = ['manual_trigger_config', 'schedule_trigger_config', 'event_trigger_config'].filter((name) => {
    const blocks = value[name] ?? null;
    return isList(blocks) ? blocks.length > 0 : blocks !== null;
  });
  return triggers.length === 1 ? undefined : `has ${triggers.length} triggers, must have one`;
};

const probe = (prefix: string): Record<string, ValueRule> => ({
  [`${prefix}.transport`]: oneOf('HTTP', 'HTTPS', 'TCP'),
  [`${prefix}.port`]: between(1, 65535),
  [`${prefix}.path`]: matching(/^\//, 'a path starting with /'),
  [`${prefix}.failure_count_threshold`]: between(1, 30),
  [`${prefix}.interval_seconds`]: between(1, 240),
  [`${prefix}.timeout`]: between(1, 240),
  [`${prefix}.initial_delay`]: between(0, 60),
});

const containerRules: Record<string, ValueRule> = {
  'template.container': container,
  'template.container.env': environmentVariable,
  ...probe('template.container.liveness_probe'),
  ...probe('template.container.readiness_probe'),
  ...probe('template.container.startup_probe'),
  'identity.type': oneOf('SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned'),
  'secret.key_vault_secret_id': matching(
    /^https:\/\/[a-z0-9-]+\.vault\.azure\.net\/secrets\/[\w-]+/,
    'a Key Vault secret URI',
  ),
};

/** Built-in roles this project may assign; anything else is a mistake or needs a thought. */
const ROLES = [
  'Azure Service Bus Data Sender',
  'Azure Service Bus Data Receiver',
  'Azure Service Bus Data Owner',
  'Key Vault Secrets User',
  'AcrPull',
  'Monitoring Metrics Publisher',
];

export const VALUE_RULES: Readonly<Record<string, Readonly<Record<string, ValueRule>>>> = {
  azurerm_servicebus_namespace: {
    name: name.serviceBusNamespace,
    sku: oneOf('Basic', 'Standard', 'Premium'),
    minimum_tls_version: oneOf('1.2'),
    capacity: oneOf(0, 1, 2, 4, 8, 16),
    premium_messaging_partitions: oneOf(0, 1, 2, 4),
  },
  azurerm_servicebus_queue: {
    name: name.serviceBusQueue,
    lock_duration: lockDuration,
    duplicate_detection_history_time_window: duplicateWindow,
    default_message_ttl: timeToLive,
    auto_delete_on_idle: duration('PT5M', 'P3650D'),
    max_delivery_count: maxDeliveryCount,
    max_message_size_in_kilobytes: between(1024, 102400),
    max_size_in_megabytes: oneOf(1024, 2048, 3072, 4096, 5120, 10240, 20480, 40960, 81920),
    status: oneOf(
      'Active',
      'Creating',
      'Deleting',
      'Disabled',
      'ReceiveDisabled',
      'Renaming',
      'SendDisabled',
      'Unknown',
    ),
  },
  azurerm_servicebus_topic: {
    name: name.serviceBusTopic,
    duplicate_detection_history_time_window: duplicateWindow,
    default_message_ttl: timeToLive,
    max_size_in_megabytes: oneOf(1024, 2048, 3072, 4096, 5120, 10240, 20480, 40960, 81920),
    status: oneOf('Active', 'Disabled'),
  },
  azurerm_servicebus_subscription: {
    name: name.serviceBusSubscription,
    lock_duration: lockDuration,
    default_message_ttl: timeToLive,
    max_delivery_count: maxDeliveryCount,
    status: oneOf('Active', 'Disabled', 'ReceiveDisabled'),
  },
  azurerm_servicebus_subscription_rule: {
    '': filterMatchesType,
    name: name.serviceBusRule,
    filter_type: oneOf('SqlFilter', 'CorrelationFilter'),
  },
  azurerm_monitor_metric_alert: {
    '': rhythm('frequency', 'window_size'),
    name: name.alert,
    severity: between(0, 4),
    frequency,
    window_size: oneOf('PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT6H', 'PT12H', 'P1D'),
    criteria: criterion,
    dynamic_criteria: criterion,
    'dynamic_criteria.alert_sensitivity': oneOf('Low', 'Medium', 'High'),
    'dynamic_criteria.operator': oneOf('GreaterThan', 'LessThan', 'GreaterOrLessThan'),
    'criteria.aggregation': oneOf('Average', 'Count', 'Minimum', 'Maximum', 'Total'),
    'criteria.operator': oneOf('Equals', 'GreaterThan', 'GreaterThanOrEqual', 'LessThan', 'LessThanOrEqual'),
    'criteria.dimension.operator': oneOf('Include', 'Exclude', 'StartsWith'),
  },
  azurerm_monitor_scheduled_query_rules_alert_v2: {
    '': rhythm('evaluation_frequency', 'window_duration'),
    name: name.alert,
    severity: between(0, 4),
    evaluation_frequency: oneOf('PT1M', 'PT5M', 'PT10M', 'PT15M', 'PT30M', 'PT45M', 'PT1H', 'PT2H', 'PT6H', 'P1D'),
    window_duration: oneOf('PT1M', 'PT5M', 'PT10M', 'PT15M', 'PT30M', 'PT45M', 'PT1H', 'PT2H', 'PT6H', 'P1D', 'P2D'),
    'criteria.time_aggregation_method': oneOf('Average', 'Count', 'Maximum', 'Minimum', 'Total'),
    'criteria.operator': oneOf('Equal', 'GreaterThan', 'GreaterThanOrEqual', 'LessThan', 'LessThanOrEqual'),
  },
  azurerm_monitor_action_group: {
    name: name.alert,
    short_name: matching(/^.{1,12}$/, 'at most 12 characters'),
    'email_receiver.email_address': matching(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an e-mail address'),
  },
  azurerm_monitor_diagnostic_setting: {
    'enabled_log.category_group': oneOf('allLogs', 'audit'),
    'enabled_metric.category': oneOf('AllMetrics'),
  },
  azurerm_role_assignment: {
    role_definition_name: oneOf(...ROLES),
    principal_type: oneOf('User', 'Group', 'ServicePrincipal'),
  },
  azurerm_container_app: {
    name: name.containerApp,
    revision_mode: oneOf('Single', 'Multiple'),
    'ingress.transport': oneOf('auto', 'http', 'http2', 'tcp'),
    'template.min_replicas': between(0, 300),
    'template.max_replicas': between(1, 300),
    'template.container.name': name.container,
    'secret.name': name.containerAppSecret,
    'template.termination_grace_period_seconds': between(0, 600),
    'template.polling_interval_in_seconds': between(1, 3600),
    'template.cooldown_period_in_seconds': between(1, 3600),
    'template.custom_scale_rule': scaleRule,
    'template.custom_scale_rule.custom_rule_type': oneOf('azure-servicebus', 'cpu', 'memory', 'http', 'cron'),
    ...containerRules,
  },
  azurerm_container_app_job: {
    '': oneTrigger,
    name: name.containerApp,
    replica_timeout_in_seconds: between(1, 86_400),
    replica_retry_limit: between(0, 10),
    ...containerRules,
  },
  azurerm_container_app_environment: {
    name: name.containerAppEnvironment,
    logs_destination: oneOf('log-analytics', 'azure-monitor'),
    public_network_access: oneOf('Enabled', 'Disabled'),
  },
  azurerm_key_vault: {
    name: name.keyVault,
    sku_name: oneOf('standard', 'premium'),
    soft_delete_retention_days: between(7, 90),
    'network_acls.default_action': oneOf('Allow', 'Deny'),
    'network_acls.bypass': oneOf('AzureServices', 'None'),
  },
  azurerm_log_analytics_workspace: {
    name: name.logAnalyticsWorkspace,
    sku: oneOf('PerGB2018', 'CapacityReservation', 'LACluster'),
    retention_in_days: between(30, 730),
  },
  azurerm_postgresql_flexible_server: {
    name: name.postgresServer,
    version: oneOf('13', '14', '15', '16', '17'),
    sku_name: name.postgresSku,
    storage_mb: oneOf(32768, 65536, 131072, 262144, 524288, 1048576, 2097152, 4193280),
    backup_retention_days: between(7, 35),
    'high_availability.mode': oneOf('SameZone', 'ZoneRedundant'),
  },
  azurerm_postgresql_flexible_server_database: { name: name.postgresDatabase },
  azurerm_postgresql_flexible_server_firewall_rule: { name: name.postgresFirewallRule },
  azurerm_user_assigned_identity: { name: name.userAssignedIdentity },
  azurerm_federated_identity_credential: {
    name: name.federatedCredential,
    issuer: matching(/^https:\/\/./, 'an https URL'),
    subject: matching(/^system:serviceaccount:[a-z0-9-]+:[a-z0-9-]+$/, 'system:serviceaccount:NAMESPACE:NAME'),
    audience: oneOf('api://AzureADTokenExchange'),
  },
  azurerm_resource_group: { name: name.resourceGroup },
  azurerm_management_lock: {
    name: name.managementLock,
    lock_level: oneOf('CanNotDelete', 'ReadOnly'),
    notes: matching(/^.{0,512}$/, 'at most 512 characters'),
  },
  azurerm_virtual_network: { name: name.network },
  azurerm_network_security_group: { name: name.network },
  azurerm_postgresql_flexible_server_active_directory_administrator: {
    principal_type: oneOf('User', 'Group', 'ServicePrincipal'),
  },
  azurerm_private_endpoint: {
    name: name.network,
    'private_service_connection.subresource_names': oneOf('namespace', 'postgresqlServer', 'vault'),
  },
  azurerm_subnet: {
    name: name.network,
    private_endpoint_network_policies: oneOf('Disabled', 'Enabled', 'NetworkSecurityGroupEnabled', 'RouteTableEnabled'),
    'delegation.service_delegation.name': oneOf(
      'Microsoft.App/environments',
      'Microsoft.DBforPostgreSQL/flexibleServers',
    ),
  },
  azurerm_network_security_rule: {
    name: name.network,
    priority: between(100, 4096),
    direction: oneOf('Inbound', 'Outbound'),
    access: oneOf('Allow', 'Deny'),
    protocol: oneOf('Tcp', 'Udp', 'Icmp', 'Esp', 'Ah', '*'),
  },
};
