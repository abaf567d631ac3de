import { Controller, Inject } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { createCatalogue, orderAccepted } from '@orderflow/contracts';
import { type MessageContext, MessageHandler } from '@orderflow/messaging/nest';
import {
  accessVariables,
  brokerVariables,
  composeMessagingService,
  consumerVariables,
  databaseVariables,
  MessagingResources,
  port,
  processVariables,
  type RunningService,
  tracingVariables,
} from '@orderflow/service-kit';
import { openServiceDatabase, type ServiceDatabase, startQuietly } from '@orderflow/service-kit/testing';
import { z } from 'zod';

const schema = z.object({
  PORT: port(0),
  ...processVariables,
  ...accessVariables,
  ...tracingVariables,
  ...brokerVariables,
  ...databaseVariables,
  ...consumerVariables,
});

/** Handles each event once, and does nothing about it. */
@Controller()
class Billing {
  constructor(@Inject(MessagingResources) private readonly resources: MessagingResources) {}

  @MessageHandler(orderAccepted)
  async accepted(@Ctx() { message }: MessageContext): Promise<void> {
    await this.resources.messaging.inbox.once('billing-worker', message.id, async () => undefined);
  }
}
class BillingModule {}

/** A real worker on queue `billing`, with a database of its own, as far as operators see one. */
export class TestWorker {
  readonly database: ServiceDatabase;
  readonly #env: Readonly<Record<string, string>>;
  #service: RunningService;

  private constructor(database: ServiceDatabase, service: RunningService, env: Readonly<Record<string, string>>) {
    this.database = database;
    this.#service = service;
    this.#env = env;
  }

  /** @param connectionString of the broker */
  static async start(connectionString: string, env: Readonly<Record<string, string>> = {}): Promise<TestWorker> {
    const database = await openServiceDatabase('messaging');
    const all = { DATABASE_URL: database.url, SERVICEBUS_CONNECTION_STRING: connectionString, ...env };
    return new TestWorker(database, await start(all), all);
  }

  /** Where it answers. */
  get url(): string {
    return this.#service.url;
  }

  /** Ids of the messages that it has handled. */
  async handled(): Promise<readonly string[]> {
    const { rows } = await this.database.pool.query<{ message_id: string }>('SELECT message_id FROM inbox');
    return rows.map(({ message_id }) => message_id).sort();
  }

  /** Starts the service again where it was, once it has stopped; its database is as it was left. */
  async startAgain(): Promise<void> {
    this.#service = await start({ ...this.#env, PORT: new URL(this.url).port });
  }

  /** Ends the service; nobody answers any more. */
  stop(): Promise<void> {
    return this.#service.stop();
  }

  /** For when the service has stopped. */
  close(): Promise<void> {
    return this.database.close();
  }
}

function start(env: Readonly<Record<string, string>>): Promise<RunningService> {
  return startQuietly(
    {
      name: 'billing-worker',
      schema,
      compose: (context) =>
        composeMessagingService({
          ...context,
          name: 'billing-worker',
          queue: 'billing',
          contracts: createCatalogue({ defaultCurrency: 'EUR' }),
          migrations: [],
          restartWhenStalled: true,
          module: { module: BillingModule, controllers: [Billing] },
        }),
    },
    env,
  );
}
