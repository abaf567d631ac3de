import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Logger,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import type { Clock } from '../clock.js';
import { explain } from '../errors.js';
import type { Relay } from '../outbox/relay-health.js';
import type { Pause } from '../retry/immediate-attempts.js';
import type { Sender } from '../tracing.js';
import type { Transport } from '../transport.js';
import { MessagingHealth } from './messaging-health.js';
import {
  type MessagingModuleOptions,
  type ModuleConsumer,
  problemsOf,
  requireNoProblems,
} from './messaging-module-options.js';
import { misplacedHandlers } from './misplaced-handlers.js';
import { MessagingServer } from './messaging-server.js';
import { Publisher } from './publisher.js';

/** Injects the {@link MessagingModuleOptions}. */
export const MESSAGING_OPTIONS = Symbol('messaging options');
/** Injects the {@link Transport}; a test overrides it. */
export const MESSAGING_TRANSPORT = Symbol('messaging transport');
/** Injects the {@link MessagingTime}; a test overrides it. */
export const MESSAGING_TIME = Symbol('messaging time');

/** The time of an app's messaging; the machine's where it is absent. */
export interface MessagingTime {
  readonly clock?: Clock;
  /** Waits between the immediate tries of a handler. */
  readonly wait?: Pause;
}

export interface MessagingModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...dependencies: never[]) => MessagingModuleOptions | Promise<MessagingModuleOptions>;
}

/**
 * Messaging for a Nest app: provides {@link Publisher}, {@link MessagingHealth} and, for an app that consumes,
 * {@link MessagingServer}, to all modules; starts the relay with the app, and ends everything in the order that finishes
 * what is in flight. `startMessaging(app)` begins to consume.
 */
@Module({})
export class MessagingModule {
  static forRoot(options: MessagingModuleOptions): DynamicModule {
    return assemble({ provide: MESSAGING_OPTIONS, useValue: options });
  }

  static forRootAsync({ imports = [], inject = [], useFactory }: MessagingModuleAsyncOptions): DynamicModule {
    const provider = { provide: MESSAGING_OPTIONS, inject, useFactory } as FactoryProvider;
    return assemble(provider, imports);
  }
}

/** Runs the relay, and closes what the module was given. */
export class MessagingLife
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  relay: Relay | undefined;
  /** Whether the app is about to consume. */
  isStarting = false;

  constructor(
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingModuleOptions,
    @Inject(MESSAGING_TRANSPORT) private readonly transport: Transport,
  ) {}

  /** An app that consumes says its problems together with those of its handlers, in `startMessaging`. */
  onModuleInit(): void {
    if (!this.options.consumer) requireNoProblems(this.options, this.transport);
  }

  onApplicationBootstrap(): void {
    const { options } = this;
    if (options.consumer && !this.isStarting) {
      const { queue } = options.consumer;
      loggerOf().warn(`Queue "${queue}" is not consumed: call startMessaging(app) before app.listen().`);
    }
    const transport = senderOf(options, this.transport);
    this.relay = options.messaging?.startRelay({ transport, onError: onErrorOf(options) });
  }

  /** The consumer has drained by now, and databases are still open. What is added later waits in the outbox. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.relay?.stop();
  }

  /** No request is in flight any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.transport.close();
    // A test that overrides the transport leaves the one of its app without an owner.
    if (this.options.transport !== this.transport) await this.options.transport.close();
  }
}

function assemble(options: Provider, imports: ModuleMetadata['imports'] = []): DynamicModule {
  return {
    module: MessagingModule,
    imports: [DiscoveryModule, ...imports],
    global: true,
    providers: [
      options,
      {
        provide: MESSAGING_TRANSPORT,
        inject: [MESSAGING_OPTIONS],
        useFactory: ({ transport }: MessagingModuleOptions) => transport,
      },
      { provide: MESSAGING_TIME, useValue: {} satisfies MessagingTime },
      MessagingLife,
      {
        provide: Publisher,
        inject: [MESSAGING_OPTIONS, MESSAGING_TRANSPORT],
        useFactory: (given: MessagingModuleOptions, transport: Transport) =>
          new Publisher(given, senderOf(given, transport)),
      },
      {
        provide: MessagingServer,
        inject: [MESSAGING_OPTIONS, MESSAGING_TRANSPORT, MESSAGING_TIME, DiscoveryService],
        useFactory: createServer,
      },
      {
        provide: MessagingHealth,
        inject: [MESSAGING_OPTIONS, MessagingServer, MessagingLife],
        useFactory: ({ consumer }: MessagingModuleOptions, server: MessagingServer, life: MessagingLife) =>
          new MessagingHealth({
            consumer: () => (consumer ? server.health() : undefined),
            relay: () => life.relay?.health(),
          }),
      },
    ],
    exports: [MESSAGING_OPTIONS, MESSAGING_TRANSPORT, MESSAGING_TIME, Publisher, MessagingServer, MessagingHealth],
  };
}

/** An app without a consumer has a server too, which is never started. */
function createServer(
  options: MessagingModuleOptions,
  transport: Transport,
  time: MessagingTime,
  discovery: DiscoveryService,
): MessagingServer {
  const consumer: ModuleConsumer = options.consumer ?? { queue: '', concurrency: 1 };
  const problems = () => [...problemsOf(options, transport), ...misplacedHandlers(discovery)];
  const middleware = [...(options.tracing ? [options.tracing.deliveries] : []), ...(consumer.middleware ?? [])];
  return new MessagingServer({ ...consumer, ...time, middleware, transport, problems, onError: onErrorOf(options) });
}

/** What relay and publisher send with. */
function senderOf({ tracing }: MessagingModuleOptions, transport: Transport): Sender {
  return tracing?.sends(transport) ?? transport;
}

function onErrorOf({ onError }: MessagingModuleOptions): (error: unknown) => void {
  return onError ?? ((error) => loggerOf().warn(explain(error)));
}

function loggerOf(): Logger {
  return new Logger(MessagingModule.name);
}
