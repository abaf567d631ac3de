import { ServiceBusAdministrationClient } from '@azure/service-bus';
import Long from 'long';
import { transferOf } from '../../dead-letter/selection.js';
import type { Envelope } from '../../envelope.js';
import { fromNative } from '../../native-message.js';
import type { InspectionOptions, QueueCounts, QueueInspection } from '../../queue-inspection.js';
import { TransportError } from '../../transport.js';
import type { AzureServiceBusConnection } from './options.js';
import type { SenderConnection } from './sender-connection.js';
import { asSent, brokerFacts, fromServiceBusMessage } from './service-bus-message.js';
import { translateError } from './translate-error.js';

const subscriptionPath = /^(.+)\/subscriptions\/([^/]+)$/i;
/** A local broker answers without TLS, which the SDK's administration client always uses by itself. */
const development = /;\s*UseDevelopmentEmulator=true\b/i;

/** Counts need the right to manage, a look at messages the one to listen. The administration client is made when it is needed. */
export class ServiceBusQueueInspection implements QueueInspection {
  readonly #connection: AzureServiceBusConnection;
  readonly #sender: SenderConnection;
  readonly #timeoutMs: number;

  constructor(connection: AzureServiceBusConnection, sender: SenderConnection, timeoutMs: number) {
    this.#connection = connection;
    this.#sender = sender;
    this.#timeoutMs = timeoutMs;
  }

  async counts(queue: string, { signal }: InspectionOptions = {}): Promise<QueueCounts> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const abortSignal = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      // One each time: the key may be another by now.
      const client = administrationClient(this.#connection);
      const source = transferOf(queue);
      const [, topic, subscription] = subscriptionPath.exec(source ?? queue) ?? [];
      if (topic !== undefined && subscription !== undefined) {
        const found = await client.getSubscriptionRuntimeProperties(topic, subscription, { abortSignal });
        if (source !== undefined) return { active: 0, deadLetters: found.transferDeadLetterMessageCount };
        return { active: found.activeMessageCount, deadLetters: found.deadLetterMessageCount };
      }
      const found = await client.getQueueRuntimeProperties(source ?? queue, { abortSignal });
      if (source !== undefined) return { active: 0, deadLetters: found.transferDeadLetterMessageCount };
      return {
        active: found.activeMessageCount,
        deadLetters: found.deadLetterMessageCount,
        scheduled: found.scheduledMessageCount,
      };
    } catch (error) {
      throw countsError(error, queue);
    }
  }

  async peek(queue: string, limit: number): Promise<readonly Envelope[]> {
    try {
      return await this.#sender.use(async (client) => {
        const receiver = client.createReceiver(queue, { ...asSent });
        try {
          const messages = await receiver.peekMessages(limit, { fromSequenceNumber: Long.ONE });
          return messages.map((each) => fromNative(fromServiceBusMessage(each), brokerFacts(each, queue)).envelope);
        } finally {
          await receiver.close();
        }
      });
    } catch (error) {
      throw translateError(error, `look at queue "${queue}"`);
    }
  }
}

function administrationClient(connection: AzureServiceBusConnection): ServiceBusAdministrationClient {
  if (!('connectionString' in connection)) {
    return new ServiceBusAdministrationClient(connection.fullyQualifiedNamespace, connection.credential);
  }
  const { connectionString: given } = connection;
  const connectionString = typeof given === 'string' ? given : given();
  const admin = new ServiceBusAdministrationClient(connectionString);
  if (development.test(connectionString)) {
    admin.pipeline.addPolicy({
      name: 'plainHttp',
      sendRequest(request, next) {
        request.url = request.url.replace(/^https:/, 'http:');
        request.allowInsecureConnection = true;
        return next(request);
      },
    });
  }
  return admin;
}

/** HTTP has codes of its own. */
function countsError(error: unknown, queue: string): TransportError {
  const doing = `count the messages of queue "${queue}"`;
  const { statusCode, message } = error as { readonly statusCode?: unknown; readonly message: string };
  if (statusCode === 401 || statusCode === 403) {
    const text = `Could not ${doing}: it takes the right to manage (${message}).`;
    return new TransportError('Unauthorized', text, false, { cause: error });
  }
  if (statusCode === 404) {
    return new TransportError('QueueNotFound', `Could not ${doing}: there is none.`, false, { cause: error });
  }
  return translateError(error, doing);
}
