import { randomUUID } from 'node:crypto';
import { ServiceBusAdministrationClient } from '@azure/service-bus';
import { suiteTopology } from '../../src/testing/transport-harness.js';

/** The shortest lock that Service Bus knows, in milliseconds. */
export const lockDurationMs = 5_000;

const queueOptions = {
  lockDuration: 'PT5S',
  maxDeliveryCount: 10,
  requiresDuplicateDetection: true,
  duplicateDetectionHistoryTimeWindow: 'PT10M',
};
/** What a run leaves behind that is killed goes by itself, an hour after its last use. */
const removedWhenIdle = { autoDeleteOnIdle: 'PT1H' };

/** {@link suiteTopology} in a namespace that others use as well: every name has a prefix of its own. */
export class SuiteEntities {
  readonly prefix = `suite-${randomUUID().slice(0, 13)}-`;
  readonly #admin: ServiceBusAdministrationClient;
  readonly #removals: (() => Promise<unknown>)[] = [];

  private constructor(connectionString: string) {
    this.#admin = new ServiceBusAdministrationClient(connectionString);
  }

  /**
   * Creates them; removes what there is of them, and rejects, where that fails.
   * @param connectionString with the right to manage
   */
  static async create(connectionString: string): Promise<SuiteEntities> {
    const entities = new SuiteEntities(connectionString);
    try {
      await entities.#create();
    } catch (error) {
      await entities.remove();
      throw error;
    }
    return entities;
  }

  /** Removes all of them. Rejects with what could not be removed, after it has tried each. */
  async remove(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#removals.map((remove) => remove()));
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as unknown);
    if (failures.length > 0) throw new AggregateError(failures, `Entities ${this.prefix}… are left in the namespace.`);
  }

  async #create(): Promise<void> {
    const { queues, sessionQueues, topics } = suiteTopology;
    await Promise.all([
      ...queues.map((name) => this.#createQueue(name, false)),
      ...sessionQueues.map((name) => this.#createQueue(name, true)),
    ]);
    for (const [name, subscriptions] of Object.entries(topics)) {
      const topic = this.prefix + name;
      await this.#admin.createTopic(topic, removedWhenIdle);
      this.#removals.push(() => this.#admin.deleteTopic(topic));
      for (const [subscription, { forwardTo, ...rules }] of Object.entries(subscriptions)) {
        await this.#admin.createSubscription(topic, subscription, {
          forwardTo: this.prefix + forwardTo,
          ...('types' in rules && { defaultRuleOptions: ruleFor(rules.types) }),
        });
      }
    }
  }

  async #createQueue(name: string, requiresSession: boolean): Promise<void> {
    const queue = this.prefix + name;
    await this.#admin.createQueue(queue, { ...queueOptions, ...removedWhenIdle, requiresSession });
    this.#removals.push(() => this.#admin.deleteQueue(queue));
  }
}

/** The rule of a subscription that takes one message type. */
function ruleFor([subject]: readonly string[]) {
  return { name: 'type', filter: { subject } };
}
