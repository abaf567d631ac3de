import type { OnModuleDestroy } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler as NestHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { type Consumer, type ConsumerOptions, planConsumer, startConsumer } from '../consumer.js';
import type { EndpointHealth } from '../endpoint/endpoint.js';
import type { Contract } from '../contract.js';
import { handle, type HandlerOptions, type HandlerRun, type Handling, type WasHandled } from '../handling.js';
import { Problems } from '../problems.js';
import { inSteps, wasCommitted } from '../run-steps.js';
import { type AnySteps, isSteps } from '../steps.js';
import { MessageContext } from './message-context.js';
import { nestFailures } from './nest-failures.js';
import { CONTRACT, KEEPS_ERRORS, OPTIONS } from './message-handler.js';

export interface MessagingServerOptions extends Omit<ConsumerOptions, 'handlers'> {
  /** How long deliveries in flight may take to finish when the app stops, in ms; 20,000 by default. */
  readonly drainTimeoutMs?: number;
  /** What else stands in the way of the start, said together with its own problems; nothing by default. */
  readonly problems?: () => readonly unknown[];
}

/**
 * Nest's side of a consumer: collects the methods marked with `@MessageHandler` and consumes one queue with them.
 *
 * Nest's `Server.handleEvent` swallows errors and does not wait for streams, so it is not used: every delivery goes
 * through `dispatch`, which awaits the handler. On shutdown Nest runs `onModuleDestroy` before it closes a strategy;
 * provided as a Nest provider the server drains there, while databases are still open. The transport stays open: whoever
 * made it closes it.
 */
export class MessagingServer extends Server implements CustomTransportStrategy, OnModuleDestroy {
  override readonly propagatesEventHandlerErrors = true;
  readonly #options: MessagingServerOptions;
  #consumer: Consumer | undefined;
  #pausedBecause: string | undefined;

  constructor(options: MessagingServerOptions) {
    super();
    this.#options = options;
  }

  /** Nest's entry point; calls back with an error when a handler was declared in a way that would lose messages. */
  listen(callback: (error?: unknown) => void): void {
    this.#start().then(() => callback(), callback);
  }

  health(): EndpointHealth {
    return (
      this.#consumer?.health() ?? {
        state: 'connecting',
        inFlight: 0,
        detail: 'The consumer has not started.',
        held: 0,
        breakers: {},
      }
    );
  }

  /** Receives nothing new until {@link resume}, from the start if it has not started: what runs goes on. */
  pause(reason: string): void {
    this.#pausedBecause = reason;
    this.#consumer?.pause(reason);
  }

  /** Ends what {@link pause} began; a pause because of an outage ends by itself. */
  resume(): void {
    this.#pausedBecause = undefined;
    this.#consumer?.resume();
  }

  /** Takes no new deliveries and waits for those in flight. */
  async onModuleDestroy(): Promise<void> {
    await this.#consumer?.stop(this.#options.drainTimeoutMs ?? 20_000);
  }

  /** Nest closes its strategies after `onModuleDestroy`; nothing is left to drain then, unless the server is no provider. */
  close(): Promise<void> {
    return this.onModuleDestroy();
  }

  on(): never {
    throw new Error('A messaging server emits no events: give it an onError option.');
  }

  unwrap<T>(): T {
    return this.#options.transport as T;
  }

  async #start(): Promise<void> {
    const problems = new Problems();
    if (this.#options.problems) for (const problem of this.#options.problems()) problems.add(problem);
    const handlers = [...this.messageHandlers].flatMap(
      ([type, handler]) => problems.try(() => [adapt(type, handler)]) ?? [],
    );
    const options = {
      ...this.#options,
      handlers,
      failures: [...(this.#options.failures ?? []), ...nestFailures],
      ...(this.#pausedBecause !== undefined && { pausedBecause: this.#pausedBecause }),
    };
    // Without the handlers that are a problem themselves, "no handlers" would be a consequence.
    if (!problems.isEmpty && handlers.length > 0) problems.try(() => planConsumer(options));
    problems.throwIfAny(`Queue "${options.queue}"`);
    this.#consumer = await startConsumer(options);
    // Somebody may have changed his mind while the consumer started.
    if (this.#pausedBecause === undefined) this.#consumer.resume();
    else this.#consumer.pause(this.#pausedBecause);
  }
}

function adapt(type: string, handler: NestHandler): Handling {
  if (handler.next) throw new Error(`Two methods handle "${type}"; Nest would wait for the first only. Keep one.`);
  if (!handler.extras?.[KEEPS_ERRORS]) {
    throw new Error(
      `The handler of "${type}" would hide its errors from the retry decision: declare it with @MessageHandler.`,
    );
  }
  let steps: AnySteps<unknown> | undefined;
  const run: HandlerRun = async (message, delivery, judge) => {
    const answer: unknown = await handler(message.payload, new MessageContext([message, delivery]));
    const result: unknown = isObservable(answer) ? await lastValueFrom(answer, { defaultValue: undefined }) : answer;
    if (!isSteps(result)) return;
    steps = result;
    await inSteps(result)(message, delivery, judge);
  };
  // Which inbox it has shows when it first answers.
  const wasHandled: WasHandled = async (message) => steps !== undefined && wasCommitted(steps, message);
  return {
    ...handle(handler.extras[CONTRACT] as Contract, run, handler.extras[OPTIONS] as HandlerOptions),
    wasHandled,
  };
}
