import { isList, isObject, type TerraformValue } from './dynamic-value.ts';
import { durationSeconds, type ValueRule } from './value-checks.ts';

const GAUGE = ['Average', 'Minimum', 'Maximum'] as const;
const COUNTER = ['Total'] as const;
const ANY = ['Average', 'Total', 'Maximum', 'Minimum'] as const;

/**
 * Azure Monitor's metrics, per namespace, with the aggregations that each offers ("Supported metrics for
 * Microsoft.ServiceBus/namespaces", "… Microsoft.App/containerapps", "… Microsoft.DBforPostgreSQL/flexibleServers").
 */
const METRICS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'Microsoft.ServiceBus/namespaces': {
    ActiveMessages: GAUGE,
    DeadletteredMessages: GAUGE,
    ScheduledMessages: GAUGE,
    Messages: GAUGE,
    IncomingMessages: COUNTER,
    OutgoingMessages: COUNTER,
    IncomingRequests: COUNTER,
    SuccessfulRequests: COUNTER,
    ServerErrors: COUNTER,
    UserErrors: COUNTER,
    ThrottledRequests: COUNTER,
    CompleteMessage: COUNTER,
    AbandonMessage: COUNTER,
    ActiveConnections: COUNTER,
    Size: GAUGE,
    NamespaceCpuUsage: ['Maximum'],
    NamespaceMemoryUsage: ['Maximum'],
  },
  'Microsoft.App/containerapps': {
    Replicas: ANY,
    RestartCount: ANY,
    UsageNanoCores: ANY,
    WorkingSetBytes: ANY,
    Requests: ANY,
  },
  'Microsoft.DBforPostgreSQL/flexibleServers': {
    storage_percent: GAUGE,
    storage_used: GAUGE,
    storage_free: GAUGE,
    active_connections: GAUGE,
    connections_failed: COUNTER,
    connections_succeeded: COUNTER,
    cpu_percent: GAUGE,
    memory_percent: GAUGE,
    is_db_alive: GAUGE,
  },
};
const DIMENSIONS: Readonly<Record<string, readonly string[]>> = {
  'Microsoft.ServiceBus/namespaces': ['EntityName', 'OperationResult', 'Replica', 'Protocol', 'MessagingErrorSubCode'],
  'Microsoft.App/containerapps': ['revisionName', 'podName', 'deploymentName', 'statusCodeCategory', 'statusCode'],
  'Microsoft.DBforPostgreSQL/flexibleServers': [],
};

/** A criterion of a metric alert: the metric exists, and has the dimensions it is split by. */
export const criterion: ValueRule = (value) => {
  if (!isObject(value)) return undefined;
  const { metric_namespace: namespace, metric_name: metric, aggregation, dimension } = value;
  if (typeof namespace !== 'string' || typeof metric !== 'string') return undefined;
  const metrics = METRICS[namespace];
  if (!metrics) return `metric namespace ${namespace} is unknown, allowed are ${Object.keys(METRICS).join(', ')}`;
  const aggregations = metrics[metric];
  if (!aggregations) return `metric ${metric} does not exist in ${namespace}: ${Object.keys(metrics).join(', ')}`;
  if (typeof aggregation === 'string' && !aggregations.includes(aggregation)) {
    return `metric ${metric} has no ${aggregation}, but ${aggregations.join(', ')}`;
  }
  const allowed = DIMENSIONS[namespace] ?? [];
  const wrong = (isList(dimension ?? null) ? (dimension as readonly TerraformValue[]) : []).filter(
    (each) => isObject(each) && typeof each['name'] === 'string' && !allowed.includes(each['name']),
  );
  return wrong.length > 0 ? `has a dimension that ${namespace} does not have: ${allowed.join(', ')}` : undefined;
};

/** What lies between two looks is never seen when the window is shorter; dynamic thresholds are looked at every 5 minutes. */
export const rhythm =
  (frequency: string, window: string): ValueRule =>
  (value) => {
    if (!isObject(value)) return undefined;
    const [every, over] = [value[frequency], value[window]];
    if (typeof every !== 'string' || typeof over !== 'string') return undefined;
    const [pause = 0, length = 0] = [durationSeconds(every), durationSeconds(over)];
    if (pause > length) return `is looked at every ${every} over ${over}, and blind in between`;
    const dynamic = value['dynamic_criteria'] ?? null;
    return (isList(dynamic) ? dynamic.length > 0 : dynamic !== null) && pause < 300
      ? `has a dynamic threshold and is looked at every ${every}, must be PT5M or more`
      : undefined;
  };
