import {
  type Policies,
  type Policy,
  first,
  list,
  ofType,
  template,
  text,
  texts,
  type Values,
  when,
} from './planned.ts';

/** What a metric's namespace is measured on. */
const MEASURED_ON: Readonly<Record<string, string>> = {
  'Microsoft.ServiceBus/namespaces': 'azurerm_servicebus_namespace',
  'Microsoft.App/containerapps': 'azurerm_container_app',
  'Microsoft.DBforPostgreSQL/flexibleServers': 'azurerm_postgresql_flexible_server',
};

const PERCENT = [50, 95] as const;
/** Between what a threshold makes sense: below it an alert cries wolf, above it nobody is told in time. */
const SENSIBLE: Readonly<Record<string, readonly [least: number, most: number]>> = {
  DeadletteredMessages: [0, 0],
  ScheduledMessages: [10, 1000],
  ThrottledRequests: [0, 10],
  ServerErrors: [0, 100],
  NamespaceCpuUsage: PERCENT,
  NamespaceMemoryUsage: PERCENT,
  storage_percent: PERCENT,
  connections_failed: [1, 100],
};
/** The same for alerts on logs, by the column they look at: seconds, per cent, restarts, gigabytes a
 * day, messages, minutes. */
const SENSIBLE_IN_LOGS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  Age: [30, 300],
  Share: [1, 20],
  Restarts: [0, 3],
  Gigabytes: [1, 100],
  SetAside: [0, 0],
  Looks: [3, 9],
};

const idsOf = (plan: Parameters<Policy>[0], type: string): readonly string[] =>
  ofType(plan, type).map(({ id }) => text(id));

/** An alert on something else has no data, and never fires. */
const alertsLookAtTheirResource: Policy = (plan) => [
  ...ofType(plan, 'azurerm_monitor_metric_alert').flatMap((alert) => {
    const criterion =
      first(alert['criteria'] ?? null)['metric_namespace'] ?? first(alert['dynamic_criteria'])['metric_namespace'];
    const measured = idsOf(plan, MEASURED_ON[text(criterion)] ?? '');
    return when(
      !texts(alert['scopes']).every((scope) => measured.includes(scope)),
      `alert ${text(alert['name'])} looks for ${text(criterion)} at ${texts(alert['scopes']).join()}`,
    );
  }),
  ...ofType(plan, 'azurerm_monitor_scheduled_query_rules_alert_v2').flatMap(({ name, scopes }) =>
    when(
      !texts(scopes).every((scope) => idsOf(plan, 'azurerm_log_analytics_workspace').includes(scope)),
      `alert ${text(name)} asks ${texts(scopes).join()}, which is no workspace`,
    ),
  ),
];

/** Where no app scales on a queue. */
const MOST_MESSAGES = 1000;

/** A queue with five times what all replicas of its app are worth is hours behind: an alert comes before. */
function mostMessages(plan: Parameters<Policy>[0], queue: string): number {
  const app = ofType(plan, 'azurerm_container_app').find((each) => scalerOf(each)['queueName'] === queue);
  return app === undefined
    ? MOST_MESSAGES
    : 5 * Number(scalerOf(app)['messageCount']) * Number(template(app)['max_replicas']);
}

const scalerOf = (app: Values): Values => (first(template(app)['custom_scale_rule'])['metadata'] ?? {}) as Values;

const thresholdsMakeSense: Policy = (plan) =>
  ofType(plan, 'azurerm_monitor_metric_alert').flatMap((alert) =>
    list(alert['criteria']).flatMap((criterion) => {
      const metric = text(criterion['metric_name']);
      const threshold = Number(criterion['threshold']);
      const queue = texts(first(criterion['dimension'])['values'])[0] ?? '';
      const [least, most] = metric === 'ActiveMessages' ? [10, mostMessages(plan, queue)] : (SENSIBLE[metric] ?? []);
      return [
        ...when(
          least !== undefined && !(threshold >= least && threshold <= (most ?? least)),
          `alert ${text(alert['name'])} comes at ${metric} ${threshold}, sensible is ${least} to ${most}`,
        ),
        ...when(
          metric !== 'Replicas' && criterion['operator'] !== 'GreaterThan',
          `alert ${text(alert['name'])} comes when ${metric} is ${text(criterion['operator'])} ${threshold}`,
        ),
      ];
    }),
  );

const logThresholdsMakeSense: Policy = (plan) =>
  ofType(plan, 'azurerm_monitor_scheduled_query_rules_alert_v2').flatMap((alert) =>
    list(alert['criteria']).flatMap(({ metric_measure_column, threshold, operator }) => {
      const column = text(metric_measure_column);
      const [least, most] = SENSIBLE_IN_LOGS[column] ?? [Number.NaN, Number.NaN];
      return when(
        !(Number(threshold) >= least && Number(threshold) <= most) || operator !== 'GreaterThan',
        `alert ${text(alert['name'])} comes when ${column} is ${text(operator)} ${text(threshold)}, sensible is ${least} to ${most}`,
      );
    }),
  );

/** An app's alerts on replicas are about its own limits. */
const replicaAlertsKnowTheLimits: Policy = (plan) =>
  ofType(plan, 'azurerm_monitor_metric_alert').flatMap((alert) =>
    list(alert['criteria'])
      .filter(({ metric_name }) => metric_name === 'Replicas')
      .flatMap(({ operator, threshold }) => {
        const app = ofType(plan, 'azurerm_container_app').find(({ id }) => text(id) === texts(alert['scopes'])[0]);
        const limit = template(app ?? {})[operator === 'LessThan' ? 'min_replicas' : 'max_replicas'];
        return when(
          threshold !== limit || !['LessThan', 'GreaterThanOrEqual'].includes(text(operator)),
          `alert ${text(alert['name'])} comes at ${text(operator)} ${text(threshold)} replicas, the limit is ${text(limit)}`,
        );
      }),
  );

/** Alerts on logs read what the apps print: it has to be sent to the workspace that they ask. */
const appsLogWhereAlertsLook: Policy = (plan) =>
  ofType(plan, 'azurerm_container_app_environment').flatMap((environment) =>
    when(
      environment['logs_destination'] !== 'log-analytics' ||
        !idsOf(plan, 'azurerm_log_analytics_workspace').includes(text(environment['log_analytics_workspace_id'])),
      `the apps of ${text(environment['name'])} log where no alert looks`,
    ),
  );

/** Whether an alert that fires is one to act on, and one that should fire can. */
export const ALERT_SENSE: Policies = {
  'alerts look at the resource of their metric': alertsLookAtTheirResource,
  'thresholds make sense': thresholdsMakeSense,
  'thresholds on logs make sense': logThresholdsMakeSense,
  'alerts on replicas know the limits of their app': replicaAlertsKnowTheLimits,
  'apps log where alerts look': appsLogWhereAlertsLook,
};
