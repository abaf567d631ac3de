import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';

export interface ReportOptions {
  readonly logger: Pick<Logger, 'warn'>;
  /** In ms, since whenever. */
  readonly now: () => number;
}

/** At most one line in so many milliseconds. */
const reportEveryMs = 60_000;

/** The exporter, with a log line when spans were lost: at once, and then at most once a minute with their number. */
export function reportExports(exporter: SpanExporter, { logger, now }: ReportOptions): SpanExporter {
  let lost = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;
  const report = (spans: number, err: Error | undefined): void => {
    lost += spans;
    if (now() - reportedAt < reportEveryMs) return;
    logger.warn({ err, spans: lost }, 'spans could not be exported and are lost; nothing else is');
    lost = 0;
    reportedAt = now();
  };
  return {
    export(spans, resultCallback) {
      exporter.export(spans, (result) => {
        // 0 is success.
        if (result.code !== 0) report(spans.length, result.error);
        resultCallback(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
