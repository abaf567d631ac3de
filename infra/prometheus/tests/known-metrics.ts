import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

/** Where metrics are registered. */
const SOURCES = [
  'libs/service-kit/src/telemetry/metrics.ts',
  'libs/service-kit/src/telemetry/http-duration.ts',
  'apps/order-api/src/ops/monitor/ops-metrics.ts',
];

/** Those of RabbitMQ that the rules ask for, as 3.10.8 answers them. */
const RABBITMQ: readonly (readonly [string, readonly string[]])[] = [
  ['rabbitmq_alarms_memory_used_watermark', []],
  ['rabbitmq_alarms_free_disk_space_watermark', []],
  ['rabbitmq_detailed_queue_messages_ready', ['vhost', 'queue']],
  ['rabbitmq_detailed_queue_consumers', ['vhost', 'queue']],
];

/**
 * Label names of every metric that the apps and Prometheus itself have, from the source that registers them, and of those
 * of RabbitMQ.
 */
export function knownMetrics(): ReadonlyMap<string, readonly string[]> {
  const source = SOURCES.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n');
  const registered = [...source.matchAll(/name: '(\w+)',\n\s*help: [^\n]*\n(?:\s*labelNames: \[([^\]]*)\])?/g)];
  const gauges = [...source.matchAll(/\bgauge\('(\w+)'/g)].map(([, name = '']) => name);
  return new Map<string, readonly string[]>([
    ...registered.map(
      ([, name = '', labels = '']) => [name, [...labels.matchAll(/'(\w+)'/g)].map(([, label = '']) => label)] as const,
    ),
    ...[...gauges, 'process_start_time_seconds', 'up'].map((name) => [name, []] as const),
    ...RABBITMQ,
  ]);
}

/** On every series: from the scrape, and from the registry of the service. */
export const COMMON_LABELS: readonly string[] = ['job', 'instance', 'service', 'le'];

/** The values of `outcome`: the settlements of a delivery. */
export const OUTCOMES: readonly string[] = ['complete', 'release', 'retry', 'dead-letter'];
