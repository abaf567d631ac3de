import type { Plan, PlannedValue } from '../environment-plan.ts';
import { complaintsAboutQuery } from './log-queries.ts';
import { APPS, first, list, ofType, type Policies, type Policy, text, texts, type Values, when } from './planned.ts';
import { grantedConnections } from './postgres-limits.ts';

const metricAlerts = (plan: Plan): readonly Values[] => ofType(plan, 'azurerm_monitor_metric_alert');
const logAlerts = (plan: Plan): readonly Values[] => ofType(plan, 'azurerm_monitor_scheduled_query_rules_alert_v2');
const criteriaOf = (alert: Values): readonly Values[] => [
  ...list(alert['criteria']),
  ...list(alert['dynamic_criteria']),
];

/** The stable part of an alert's name, by which the runbook finds it. */
export const alertKey = (name: PlannedValue | undefined): string => text(name).replace(/^orderflow-(dev|prod)-/, '');

const alertsReachSomebody: Policy = (plan) => {
  const groups = ofType(plan, 'azurerm_monitor_action_group');
  const ids = groups.map(({ id }) => text(id));
  const reached = (name: PlannedValue | undefined, targets: readonly string[]): readonly string[] =>
    when(!targets.some((target) => ids.includes(target)), `alert ${text(name)} reaches no action group`);
  return [
    ...groups.flatMap(({ email_receiver }) =>
      when(list(email_receiver).length === 0, 'the action group writes to nobody'),
    ),
    ...metricAlerts(plan).flatMap(({ name, action }) =>
      reached(
        name,
        list(action).map(({ action_group_id }) => text(action_group_id)),
      ),
    ),
    ...logAlerts(plan).flatMap(({ name, action }) => reached(name, texts(first(action)['action_groups']))),
  ];
};

/** An alert that is off tells nobody; one that does not resolve is ignored the second time. */
const alertsAreOnAndResolve: Policy = (plan) => [
  ...[...metricAlerts(plan), ...logAlerts(plan)].flatMap(({ name, enabled }) =>
    when(enabled === false, `alert ${text(name)} is switched off`),
  ),
  ...metricAlerts(plan).flatMap(({ name, auto_mitigate }) =>
    when(auto_mitigate !== true, `alert ${text(name)} does not resolve by itself`),
  ),
  ...logAlerts(plan).flatMap(({ name, auto_mitigation_enabled }) =>
    when(auto_mitigation_enabled !== true, `alert ${text(name)} does not resolve by itself`),
  ),
];

/** Every queue's backlog, dead letters of queues and of the topic, and the rest of what must wake somebody. */
const everythingIsWatched: Policy = (plan, environment) => {
  if (environment === 'prod-locks') return [];
  const watched = metricAlerts(plan).flatMap((alert) =>
    criteriaOf(alert).flatMap(({ metric_name, dimension }) => {
      const entities = list(dimension).flatMap(({ values }) => texts(values));
      return entities.length === 0 ? [text(metric_name)] : entities.map((entity) => `${text(metric_name)} ${entity}`);
    }),
  );
  const queues = ['orders', 'billing', 'analytics', 'order-status'];
  const metrics = [
    ...queues.flatMap((queue) => [
      `ActiveMessages ${queue}`,
      `DeadletteredMessages ${queue}`,
      `ScheduledMessages ${queue}`,
    ]),
    'DeadletteredMessages events',
    'ThrottledRequests',
    'ServerErrors',
    'Replicas',
    'storage_percent',
    'active_connections',
    'connections_failed',
    ...(environment === 'prod' ? ['NamespaceCpuUsage', 'NamespaceMemoryUsage'] : []),
  ];
  const keys = [...metricAlerts(plan), ...logAlerts(plan)].map(({ name }) => alertKey(name));
  const named = [
    ...['outbox-age', 'outbox-set-aside', 'outbox-held'],
    ...['server-errors-share', 'restarts', 'scheduled-growing', 'log-volume'],
    ...APPS.flatMap((app) => [`${app}-replicas-missing`, `${app}-replicas-exhausted`]),
  ];
  return [
    ...metrics.filter((metric) => !watched.includes(metric)).map((metric) => `no alert watches ${metric}`),
    ...named.filter((key) => !keys.includes(key)).map((key) => `there is no alert ${key}`),
  ];
};

const alertsComeInTime: Policy = (plan) => {
  const [server] = ofType(plan, 'azurerm_postgresql_flexible_server');
  const granted = grantedConnections(text(server?.['sku_name']));
  return metricAlerts(plan).flatMap((alert) =>
    criteriaOf(alert)
      .filter(({ metric_name }) => metric_name === 'active_connections' && granted !== undefined)
      .flatMap(({ threshold }) =>
        when(
          !(Number(threshold) <= 0.9 * (granted ?? 0)),
          `alert ${text(alert['name'])} comes at ${text(threshold)} connections, ${granted} are granted`,
        ),
      ),
  );
};

const queriesFindTheirLines: Policy = (plan) =>
  logAlerts(plan).flatMap(({ name, criteria }) =>
    list(criteria).flatMap((criterion) =>
      complaintsAboutQuery(text(criterion['query']), [
        text(criterion['metric_measure_column']),
        ...list(criterion['dimension']).map((each) => text(each['name'])),
      ]).map((problem) => `alert ${text(name)} ${problem}`),
    ),
  );

/** A metric is in the logs only where it is sent there. */
const metricsAreSentToTheLogs: Policy = (plan) => {
  const asked = logAlerts(plan).some(({ criteria }) => text(first(criteria)['query']).includes('AzureMetrics'));
  const sent = ofType(plan, 'azurerm_monitor_diagnostic_setting')
    .filter(({ enabled_metric }) => list(enabled_metric).length > 0)
    .map(({ target_resource_id }) => text(target_resource_id));
  return ofType(plan, 'azurerm_container_app').flatMap(({ name, id }) =>
    when(asked && !sent.includes(text(id)), `the metrics of ${text(name)} reach no query`),
  );
};

/** Ingestion that stops at a daily cap takes every alert on logs along. */
const productionIsNeverBlind: Policy = (plan, environment) =>
  environment === 'prod'
    ? ofType(plan, 'azurerm_log_analytics_workspace').flatMap(({ name, daily_quota_gb }) =>
        when(daily_quota_gb !== -1, `${text(name)} stops at ${text(daily_quota_gb)} GB a day and blinds the alerts`),
      )
    : [];

export const ALERTS: Policies = {
  'alerts reach the action group': alertsReachSomebody,
  'alerts are on, and resolve by themselves': alertsAreOnAndResolve,
  'everything that matters is watched': everythingIsWatched,
  'alerts come before it is too late': alertsComeInTime,
  'queries over logs find what the apps log': queriesFindTheirLines,
  'metrics that queries ask for are sent to the logs': metricsAreSentToTheLogs,
  'no cap on logs blinds production': productionIsNeverBlind,
};
