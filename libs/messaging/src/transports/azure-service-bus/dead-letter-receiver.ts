import type { ServiceBusClient, ServiceBusReceiver } from '@azure/service-bus';
import { parsePlace } from '../../dead-letter/selection.js';
import { asSent } from './service-bus-message.js';

/**
 * A receiver of the dead letters of a queue or a subscription, which are received like any message but never expire.
 * @throws TransportError `InvalidOptions` when `place` names neither
 */
export function openDeadLetters(client: ServiceBusClient, place: string): ServiceBusReceiver {
  const entity = parsePlace(place);
  const options = {
    subQueueType: entity.isTransfer ? 'transferDeadLetter' : 'deadLetter',
    receiveMode: 'peekLock',
    ...asSent,
    maxAutoLockRenewalDurationInMs: 0,
  } as const;
  if ('queue' in entity) return client.createReceiver(entity.queue, options);
  return client.createReceiver(entity.topic, entity.subscription, options);
}
