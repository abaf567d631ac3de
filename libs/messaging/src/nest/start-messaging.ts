import type { INestApplication } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { MessagingModuleOptions } from './messaging-module-options.js';
import { MESSAGING_OPTIONS, MessagingLife } from './messaging-module.js';
import { MessagingServer } from './messaging-server.js';

export interface StartMessagingOptions {
  /**
   * Whether guards, pipes, interceptors and filters of the whole app apply to messages; false when absent, because a guard
   * that asks for a token would dead-letter every message.
   */
  readonly globalEnhancers?: boolean;
}

/**
 * Initialises the app and begins to consume the queue of its `MessagingModule`, with its methods marked by
 * `@MessageHandler`. Called once, before `app.listen`.
 * @throws Error for an app without a consumer, and everything that stands in the way of the start, at once
 */
export async function startMessaging(app: INestApplication, options: StartMessagingOptions = {}): Promise<void> {
  const { consumer } = app.get<MessagingModuleOptions>(MESSAGING_OPTIONS, { strict: false });
  if (!consumer) throw new Error('There is nothing to consume: give MessagingModule a `consumer`.');
  const strategy = app.get(MessagingServer, { strict: false });
  app.connectMicroservice<MicroserviceOptions>({ strategy }, { inheritAppConfig: options.globalEnhancers ?? false });
  app.get(MessagingLife, { strict: false }).isStarting = true;
  await app.init();
  await app.startAllMicroservices();
}
