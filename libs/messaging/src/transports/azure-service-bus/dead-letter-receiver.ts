import type { ServiceBusClient, ServiceBusReceiver } from '@azure/service-bus';

/** A receiver of a queue's dead letters, which are received like any message but never expire. */
export function openDeadLetters(client: ServiceBusClient, queue: string): ServiceBusReceiver {
  return client.createReceiver(queue, {
    subQueueType: 'deadLetter',
    receiveMode: 'peekLock',
    skipParsingBodyAsJson: true,
    maxAutoLockRenewalDurationInMs: 0,
  });
}
