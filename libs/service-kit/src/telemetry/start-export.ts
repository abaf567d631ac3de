import type { TracingConfig } from '../config/tracing-variables.js';
import type { ExportOptions, SpanExport } from './export-spans.js';

const none: SpanExport = { stop: async () => undefined };

/**
 * Records and exports spans where the variables `OTEL_…` say so; otherwise nothing is recorded, and OpenTelemetry's SDK
 * is not even loaded. A collector that does not answer costs spans and a log line now and then, nothing else.
 */
export async function startExport(options: ExportOptions): Promise<SpanExport> {
  if (!isWanted(options.config)) return none;
  const { exportSpans } = await import('./export-spans.js');
  return exportSpans(options);
}

function isWanted(config: TracingConfig): boolean {
  if (config.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || config.OTEL_TRACES_EXPORTER === 'none') return false;
  const address = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? config.OTEL_EXPORTER_OTLP_ENDPOINT;
  return address !== undefined || config.OTEL_TRACES_EXPORTER === 'otlp';
}
