import { isList, isObject, type TerraformValue } from './dynamic-value.ts';
import type { ValueRule } from './value-checks.ts';

/** Azure Monitor's metrics, per namespace, with the dimensions an alert may split by. */
const METRICS: Readonly<Record<string, readonly string[]>> = {
  'Microsoft.ServiceBus/namespaces': [
    'ActiveMessages',
    'DeadletteredMessages',
    'ScheduledMessages',
    'Messages',
    'IncomingMessages',
    'OutgoingMessages',
    'IncomingRequests',
    'SuccessfulRequests',
    'ServerErrors',
    'UserErrors',
    'ThrottledRequests',
    'CompleteMessage',
    'AbandonMessage',
    'ActiveConnections',
    'Size',
    'NamespaceCpuUsage',
    'NamespaceMemoryUsage',
  ],
  'Microsoft.App/containerapps': ['Replicas', 'RestartCount', 'UsageNanoCores', 'WorkingSetBytes', 'Requests'],
  'Microsoft.DBforPostgreSQL/flexibleServers': [
    'storage_percent',
    'storage_used',
    'storage_free',
    'active_connections',
    'connections_failed',
    'connections_succeeded',
    'cpu_percent',
    'memory_percent',
    'is_db_alive',
  ],
};
const DIMENSIONS: Readonly<Record<string, readonly string[]>> = {
  'Microsoft.ServiceBus/namespaces': ['EntityName', 'OperationResult', 'Replica', 'Protocol', 'MessagingErrorSubCode'],
  'Microsoft.App/containerapps': ['revisionName', 'replicaName', 'statusCodeCategory', 'statusCode'],
  'Microsoft.DBforPostgreSQL/flexibleServers': [],
};

/** A criterion of a metric alert: the metric exists, and has the dimensions it is split by. */
export const criterion: ValueRule = (value) => {
  if (!isObject(value)) return undefined;
  const { metric_namespace: namespace, metric_name: metric, dimension } = value;
  if (typeof namespace !== 'string' || typeof metric !== 'string') return undefined;
  const metrics = METRICS[namespace];
  if (!metrics) return `metric namespace ${namespace} is unknown, allowed are ${Object.keys(METRICS).join(', ')}`;
  if (!metrics.includes(metric)) return `metric ${metric} does not exist in ${namespace}: ${metrics.join(', ')}`;
  const allowed = DIMENSIONS[namespace] ?? [];
  const wrong = (isList(dimension ?? null) ? (dimension as readonly TerraformValue[]) : []).filter(
    (each) => isObject(each) && typeof each['name'] === 'string' && !allowed.includes(each['name']),
  );
  return wrong.length > 0 ? `has a dimension that ${namespace} does not have: ${allowed.join(', ')}` : undefined;
};
