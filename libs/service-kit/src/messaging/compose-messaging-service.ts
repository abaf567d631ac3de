import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { Transport } from '@orderflow/messaging';
import type { Logger } from 'pino';
import { MessagingServer } from '@orderflow/messaging/nest';
import type { ServiceParts } from '../service/service-parts.js';
import { HandledController } from './handled.controller.js';
import { MessagingResources, type MessagingServiceOptions } from './messaging-resources.js';
import { OutboxController } from './outbox.controller.js';
import { PauseController } from './pause.controller.js';
import { loadTransport, type TransportConfig } from './load-transport.js';

/** Gives a service its broker; {@link loadTransport} unless a test brings its own. */
export type OpenTransport = (config: TransportConfig, logger: Logger) => Promise<Transport>;

export interface MessagingServiceDefinition extends MessagingServiceOptions {
  /** Its handlers, controllers and providers; they may inject {@link MessagingResources}. */
  readonly module: Type | DynamicModule;
}

/**
 * Puts a service together that consumes a queue and keeps its data in PostgreSQL. Nothing is connected yet.
 * @throws StartupError when the broker has no address, or cannot do what the service needs
 */
export async function composeMessagingService(
  { module, ...options }: MessagingServiceDefinition,
  openTransport: OpenTransport = loadTransport,
): Promise<ServiceParts> {
  // A service that people call has its routes in its own description; theirs are the only ones it serves.
  const controllers = options.restartWhenStalled ? [PauseController, HandledController, OutboxController] : [];
  const resources = await MessagingResources.open(options, await openTransport(options.config, options.logger));
  return {
    module: { module: MessagingServiceModule, imports: [resourcesModule(resources), module], controllers },
    strategy: () => resources.server,
    health: () => resources.health(),
    prepare: () => resources.prepare(),
    close: () => resources.close(),
  };
}

@Module({})
class MessagingServiceModule {}

@Module({})
class ResourcesModule {}

/** As a provider the server drains when the application closes; the rest is closed after it. */
function resourcesModule(resources: MessagingResources): DynamicModule {
  return {
    module: ResourcesModule,
    global: true,
    providers: [
      { provide: MessagingServer, useValue: resources.server },
      { provide: MessagingResources, useValue: resources },
    ],
    exports: [MessagingResources],
  };
}
