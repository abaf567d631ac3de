import type { DeliveryObserver, DeliveryReport } from '@orderflow/messaging';
import type { Logger } from 'pino';
import { loggableText } from './loggable.js';
import { traceIdOf } from './trace-id.js';

/** What a line takes of each name that somebody else gave, in UTF-16 code units: twice the longest id. */
const nameLimit = 256;

/** One line a delivery: which message, which attempt, what became of it. Bodies are never logged. */
export function logDeliveries(logger: Logger): DeliveryObserver {
  return {
    finished(report) {
      const fields = fieldsOf(report);
      if (report.settlement.kind === 'dead-letter') logger.error(fields, 'message dead-lettered');
      else if (report.settlement.kind === 'retry') logger.warn(fields, 'message will be delivered again');
      else logger.info(fields, report.settlement.kind === 'release' ? 'message released' : 'message handled');
    },
  };
}

function fieldsOf({ delivery, settlement, durationMs }: DeliveryReport): Readonly<Record<string, unknown>> {
  const { envelope, queue, attempt } = delivery;
  const { kind: outcome, ...why } = settlement;
  return {
    queue,
    messageId: loggableText(envelope.id, nameLimit),
    type: loggableText(envelope.type, nameLimit),
    version: envelope.version,
    correlationId: shown(envelope.correlationId),
    orderId: shown(envelope.orderingKey),
    traceId: traceIdOf(envelope.headers),
    attempt,
    outcome,
    ...why,
    durationMs: Math.round(durationMs * 10) / 10,
  };
}

function shown(name: string | undefined): string | undefined {
  return name === undefined ? undefined : loggableText(name, nameLimit);
}
