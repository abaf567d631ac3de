import { ServiceBusAdministrationClient } from '@azure/service-bus';
import { type BrokerAddress, processIdentity } from '@orderflow/service-kit/broker-address';
import { plainHttpPolicy } from '@orderflow/servicebus-emulator';

/** How many messages a queue holds. */
export interface QueueCount {
  /** Waiting and in work, without those that are scheduled for later: what KEDA scales on. */
  readonly active: number;
  readonly deadLetter: number;
}

/** Reads counts from the namespace's management API, which takes the right to manage on Azure. */
export class QueueCounts {
  readonly #admin: ServiceBusAdministrationClient;

  constructor(admin: ServiceBusAdministrationClient) {
    this.#admin = admin;
  }

  static async open(address: BrokerAddress): Promise<QueueCounts> {
    if (!('connectionString' in address)) {
      return new QueueCounts(
        new ServiceBusAdministrationClient(address.fullyQualifiedNamespace, await processIdentity()),
      );
    }
    const admin = new ServiceBusAdministrationClient(address.connectionString);
    // The embedded broker answers on the port of its connection string, without TLS.
    if (/;\s*UseDevelopmentEmulator=true\b/i.test(address.connectionString)) {
      admin.pipeline.addPolicy(plainHttpPolicy());
    }
    return new QueueCounts(admin);
  }

  /** By queue. Rejects when one cannot be read. */
  async read(queues: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, QueueCount>> {
    const options = signal === undefined ? {} : { abortSignal: signal };
    const counts = queues.map(async (queue): Promise<[string, QueueCount]> => {
      const found = await this.#admin.getQueueRuntimeProperties(queue, options);
      return [queue, { active: found.activeMessageCount, deadLetter: found.deadLetterMessageCount }];
    });
    return new Map(await Promise.all(counts));
  }
}
