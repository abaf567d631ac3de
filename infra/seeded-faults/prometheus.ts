import type { Fault } from './fault.ts';

const rules = 'infra/prometheus/rules.yml';

const RULES: readonly Fault[] = [
  {
    name: 'an alert that never resolves',
    file: rules,
    find: 'increase(orderflow_deliveries_total{outcome="dead-letter"}[10m])',
    replace: 'orderflow_deliveries_total{outcome="dead-letter"}',
    caughtBy: { prometheus: 'OrderFlowDeadLetters never resolves: orderflow_deliveries_total only grows' },
  },
  {
    name: 'a metric that no app has',
    file: rules,
    find: 'orderflow_outbox_oldest_age_seconds',
    replace: 'orderflow_outbox_age_seconds',
    caughtBy: { prometheus: 'OrderFlowOutboxStuck asks for orderflow_outbox_age_seconds, which no app has' },
  },
  {
    name: 'dead letters of the broker that nobody counts by that name',
    file: rules,
    find: 'max by (queue) (orderflow_ops_dead_letters)',
    replace: 'max by (queue) (orderflow_ops_deadletters)',
    caughtBy: { prometheus: 'OrderFlowDeadLettersWaiting asks for orderflow_ops_deadletters, which no app has' },
  },
  {
    name: 'a label that the metric does not have',
    file: rules,
    find: 'status=~"5.."',
    replace: 'code=~"5.."',
    caughtBy: { prometheus: 'OrderFlowServerErrors asks for the label code' },
  },
  {
    name: 'an outcome that no delivery has',
    file: rules,
    find: 'outcome="dead-letter"',
    replace: 'outcome="dead_letter"',
    caughtBy: { prometheus: 'OrderFlowDeadLetters asks for the outcome dead_letter' },
  },
  {
    name: 'an alert on a job that is not scraped',
    file: 'infra/prometheus/kubernetes.yml',
    find: 'job_name: orderflow',
    replace: 'job_name: apps',
    caughtBy: { prometheus: 'infra/prometheus/kubernetes.yml has no job orderflow' },
  },
  {
    name: 'rules that are not loaded',
    file: 'infra/compose/prometheus.yml',
    find: '  - rules.yml\n',
    replace: '  - alerts.yml\n',
    caughtBy: { prometheus: 'infra/compose/prometheus.yml does not load the alert rules' },
  },
  {
    name: 'an alert that says nothing for half an hour',
    file: rules,
    find: 'for: 1m',
    replace: 'for: 30m',
    caughtBy: { prometheus: 'OrderFlowDown waits 30m' },
  },
  {
    name: 'an alert that nobody has seen resolve',
    file: 'infra/prometheus/rules.test.yml',
    find: '      - alertname: OrderFlowRestarts\n        eval_time: 25m\n',
    replace: '',
    caughtBy: { prometheus: 'no test sees OrderFlowRestarts silent, then firing, then resolved' },
  },
  {
    name: 'a threshold that is never reached',
    file: rules,
    find: ') > 0.05',
    replace: ') > 5',
    caughtBy: { promtool: 'alertname: OrderFlowServerErrors, time: 12m' },
  },
  {
    name: 'health checks that count as failed requests',
    file: rules,
    find: ', route!~"/health/.*|/metrics"',
    replace: '',
    caughtBy: { promtool: 'service="order-worker"' },
  },
  {
    name: 'an expression that Prometheus does not read',
    file: rules,
    find: 'absent(up{job="orderflow"})',
    replace: 'absent(up{job="orderflow"}',
    caughtBy: { promtool: 'unclosed left parenthesis' },
  },
];

const RUNBOOK: readonly Fault[] = [
  {
    name: 'an alert of Azure that nobody explains',
    file: 'infra/terraform/modules/alerts/service_bus_alerts.tf',
    find: '    throttled-requests = {',
    replace: '    refused-requests = {',
    caughtBy: { runbook: 'docs/runbook.md has no line for the alert refused-requests' },
  },
  {
    name: 'an alert of Prometheus that nobody explains',
    file: rules,
    find: 'alert: OrderFlowManyRetries',
    replace: 'alert: OrderFlowRetries',
    caughtBy: { runbook: 'docs/runbook.md has no line for the alert OrderFlowRetries' },
  },
  {
    name: 'an alert that is gone and still explained',
    file: 'infra/terraform/modules/alerts/main.tf',
    find: '${each.key}-replicas-missing',
    replace: '${each.key}-replicas-few',
    caughtBy: { runbook: 'docs/runbook.md explains APP-replicas-missing, which is no alert' },
  },
  {
    name: 'an alert that says nothing of what to do',
    file: 'docs/runbook.md',
    find: '| Drain the queues; add messaging units |',
    replace: '| Wait |',
    caughtBy: { runbook: 'docs/runbook.md does not say what namespace-memory means' },
  },
];

/** Each alone: one rule may hide another. */
export const PROMETHEUS_FAULTS: readonly (readonly Fault[])[] = [...RULES, ...RUNBOOK].map((fault) => [fault]);
