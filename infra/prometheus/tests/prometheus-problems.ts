import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { groupedBy, type Selector, selectorsOf } from './expressions.ts';
import { COMMON_LABELS, knownMetrics, OUTCOMES } from './known-metrics.ts';

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly summary?: string; readonly runbook?: string };
}
interface AlertTest {
  readonly alertname: string;
  readonly eval_time: string;
  readonly exp_alerts?: readonly unknown[];
}
interface ScrapeConfig {
  readonly job_name: string;
}

const SCRAPE_CONFIGS = [
  'infra/prometheus/prometheus.yml',
  'infra/prometheus/kubernetes.yml',
  'infra/compose/prometheus.yml',
];
const METRICS = knownMetrics();
const JOBS = ['orderflow', 'rabbitmq'];

const read = (root: string, file: string): unknown => parse(readFileSync(join(root, file), 'utf8'));
const when = (wrong: boolean, problem: string): readonly string[] => (wrong ? [problem] : []);

/** Of the apps, and of RabbitMQ for where they run on it; each with its tests. */
const RULE_FILES = ['rules', 'rabbitmq'];

/** Every rule. */
export function rulesIn(root: string): readonly Rule[] {
  return RULE_FILES.flatMap((file) => {
    const { groups } = read(root, `infra/prometheus/${file}.yml`) as { groups: readonly { rules: readonly Rule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  });
}

/** The names of the alerts. */
export const alertNames = (root: string): readonly string[] => rulesIn(root).flatMap(({ alert }) => alert ?? []);

/** What is wrong with the rules and the scrape configurations, as far as it can be read; nothing when all is well. */
export async function prometheusProblems(root: string): Promise<readonly string[]> {
  const rules = rulesIn(root);
  const recorded = rules.flatMap(({ record }) => record ?? []);
  return [
    ...rules.flatMap((rule) => expressionProblems(rule, recorded)),
    ...rules.filter(({ alert }) => alert !== undefined).flatMap(alertProblems),
    ...testProblems(root, rules),
    ...SCRAPE_CONFIGS.flatMap((file) => scrapeProblems(root, file)),
  ];
}

function alertProblems({ alert, for: hold = '0m', labels, annotations }: Rule): readonly string[] {
  const [, minutes] = /^(\d+)m$/.exec(hold) ?? [];
  return [
    ...when(!/^(warning|critical)$/.test(labels?.severity ?? ''), `${alert} does not say how bad it is`),
    ...when(!annotations?.summary, `${alert} does not say what happens`),
    ...when(!annotations?.runbook, `${alert} does not say what to do`),
    ...when(!(Number(minutes) <= 15), `${alert} waits ${hold} before it says anything`),
  ];
}

function expressionProblems({ alert, record, expr }: Rule, recorded: readonly string[]): readonly string[] {
  const name = alert ?? record;
  const selectors = selectorsOf(expr);
  const labels = new Set([...COMMON_LABELS, ...selectors.flatMap(({ metric }) => METRICS.get(baseOf(metric)) ?? [])]);
  const isRecorded = selectors.some(({ metric }) => recorded.includes(metric));
  return [
    ...when(selectors.length === 0, `${name} asks for nothing`),
    ...selectors
      .filter(({ metric }) => !recorded.includes(metric))
      .flatMap((selector) => selectorProblems(name, selector, METRICS.get(baseOf(selector.metric)))),
    ...groupedBy(expr)
      .filter((label) => !isRecorded && !labels.has(label))
      .map((label) => `${name} groups by ${label}, which no metric has`),
  ];
}

/** A counter only grows: a threshold on it is crossed once and for ever, and the alert never resolves. */
function selectorProblems(
  name: string | undefined,
  { metric, matchers, overTime }: Selector,
  known: readonly string[] | undefined,
): readonly string[] {
  return [
    ...when(known === undefined, `${name} asks for ${metric}, which no app has`),
    ...when(/_(total|count|bucket|sum)$/.test(metric) && !overTime, `${name} never resolves: ${metric} only grows`),
    ...matchers
      .filter(([label]) => known !== undefined && ![...COMMON_LABELS, ...known].includes(label))
      .map(([label]) => `${name} asks for the label ${label}, which ${metric} does not have`),
    ...matchers
      .filter(([label, value]) => label === 'outcome' && !value.split('|').every((each) => OUTCOMES.includes(each)))
      .map(([, value]) => `${name} asks for the outcome ${value}, which no delivery has`),
    ...matchers
      .filter(([label, value]) => label === 'job' && !JOBS.includes(value))
      .map(([, value]) => `${name} asks for the job ${value}, which is not scraped`),
  ];
}

/** Of a histogram's series the name that it is registered with. */
const baseOf = (metric: string): string => (METRICS.has(metric) ? metric : metric.replace(/_(bucket|count|sum)$/, ''));

/** Each alert is seen silent, then firing, then silent again, in one test. */
function testProblems(root: string, rules: readonly Rule[]): readonly string[] {
  const tests = RULE_FILES.flatMap((file) => {
    const page = read(root, `infra/prometheus/${file}.test.yml`) as {
      readonly tests: readonly { readonly alert_rule_test: readonly AlertTest[] }[];
    };
    return page.tests;
  });
  const isWhole = (alert: string) =>
    tests.some(({ alert_rule_test }) => {
      const moments = alert_rule_test
        .filter(({ alertname }) => alertname === alert)
        .sort((a, b) => minutesOf(a) - minutesOf(b));
      const fires = moments.map(({ exp_alerts = [] }) => exp_alerts.length > 0);
      const first = fires.indexOf(true);
      return first > 0 && fires.indexOf(false, first) > first;
    });
  return rules
    .flatMap(({ alert }) => alert ?? [])
    .filter((alert) => !isWhole(alert))
    .map((alert) => `no test sees ${alert} silent, then firing, then resolved`);
}

const minutesOf = ({ eval_time }: AlertTest): number => Number(eval_time.replace(/m$/, ''));

function scrapeProblems(root: string, file: string): readonly string[] {
  const { scrape_configs, rule_files = [] } = read(root, file) as {
    readonly scrape_configs: readonly ScrapeConfig[];
    readonly rule_files?: readonly string[];
  };
  return [
    ...when(
      !scrape_configs.some(({ job_name }) => job_name === 'orderflow'),
      `${file} has no job orderflow, which the rules ask for`,
    ),
    ...when(!rule_files.includes('rules.yml'), `${file} does not load the alert rules`),
  ];
}
