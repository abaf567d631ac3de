import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';
import type { Environment } from '../config/load-config.js';
import type { TracingConfig } from '../config/tracing-variables.js';
import { settledWithin } from '../settled-within.js';
import { reportExports } from './report-exports.js';

export interface ExportOptions {
  /** The service, which its spans are named by unless a variable names it. */
  readonly name: string;
  readonly config: TracingConfig;
  /** Where the variables were found: a `.env` file besides the process. */
  readonly env: Environment;
  readonly logger: Pick<Logger, 'warn'>;
  /** How long the last spans may take when the process ends, in ms. */
  readonly flushMs: number;
}

/** The export of a process's spans. */
export interface SpanExport {
  /** Hands over what was collected, and ends. */
  stop(): Promise<void>;
}

/** Records and exports spans; this file loads OpenTelemetry's SDK. */
export async function exportSpans({ name, config, env, logger, flushMs }: ExportOptions): Promise<SpanExport> {
  // The SDK reads the process's environment, and nothing of a `.env` file.
  for (const [key, value] of Object.entries(env)) if (key.startsWith('OTEL_')) process.env[key] ??= value;
  const { OTLPTraceExporter } = await (protocolOf(config) === 'http/json'
    ? import('@opentelemetry/exporter-trace-otlp-http')
    : import('@opentelemetry/exporter-trace-otlp-proto'));
  const exporter: SpanExporter = new OTLPTraceExporter();
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': name }))
      .merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] })),
    spanProcessors: [new BatchSpanProcessor(reportExports(exporter, { logger, now: () => performance.now() }))],
  });
  provider.register();
  return { stop: () => settledWithin(flushMs, provider.shutdown()) };
}

function protocolOf(config: ExportOptions['config']): 'http/protobuf' | 'http/json' {
  return config.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? config.OTEL_EXPORTER_OTLP_PROTOCOL ?? 'http/protobuf';
}
