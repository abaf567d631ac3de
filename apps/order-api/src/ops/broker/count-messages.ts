import type { BrokerAddress } from '@orderflow/service-kit';
import { processIdentity } from '@orderflow/service-kit';

/** How many messages a queue or a subscription holds. */
export interface MessageCounts {
  /** Waiting and in work. */
  readonly active: number;
  readonly deadLetters: number;
  /** Waiting for their time; absent where the broker does not say. */
  readonly scheduled?: number;
}

/** Asks the broker. Rejects when it does not answer, or this process may not ask: on Azure it takes the right to manage. */
export type CountMessages = (place: string, signal: AbortSignal) => Promise<MessageCounts>;

/** The counts of a Service Bus namespace, whose client is loaded here. Connects when it is called. */
export async function serviceBusCounts(address: BrokerAddress): Promise<CountMessages> {
  const { ServiceBusAdministrationClient } = await import('@azure/service-bus');
  const admin =
    'connectionString' in address
      ? new ServiceBusAdministrationClient(address.connectionString)
      : new ServiceBusAdministrationClient(address.fullyQualifiedNamespace, await processIdentity());
  // The client always asks with TLS, which the embedded broker does not have on the port of its connection string.
  if ('connectionString' in address && /;\s*UseDevelopmentEmulator=true\b/i.test(address.connectionString)) {
    admin.pipeline.addPolicy(plainHttp);
  }
  return async (place, abortSignal) => {
    const [, topic, subscription] = /^(.+)\/subscriptions\/([^/]+)$/i.exec(place) ?? [];
    if (topic === undefined || subscription === undefined) {
      const found = await admin.getQueueRuntimeProperties(place, { abortSignal });
      const { activeMessageCount, deadLetterMessageCount, scheduledMessageCount } = found;
      return { active: activeMessageCount, deadLetters: deadLetterMessageCount, scheduled: scheduledMessageCount };
    }
    const found = await admin.getSubscriptionRuntimeProperties(topic, subscription, { abortSignal });
    return { active: found.activeMessageCount, deadLetters: found.deadLetterMessageCount };
  };
}

type Policy = Parameters<InstanceType<AdministrationClient>['pipeline']['addPolicy']>[0];
type AdministrationClient = typeof import('@azure/service-bus').ServiceBusAdministrationClient;

const plainHttp: Policy = {
  name: 'plainHttp',
  sendRequest(request, next) {
    request.url = request.url.replace(/^https:/, 'http:');
    request.allowInsecureConnection = true;
    return next(request);
  },
};
