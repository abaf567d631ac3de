import { applyDecorators, Catch, type ExceptionFilter, SetMetadata, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';
import type { Contract } from '../contract.js';
import type { HandlerOptions } from '../handling.js';
import type { AnySteps } from '../steps.js';
import type { MessageContext } from './message-context.js';

/** Marks handlers whose errors arrive as they were thrown; `MessagingServer` accepts no others. */
export const KEEPS_ERRORS = 'messaging:keeps-errors';

/** Where a handler keeps its contract for `MessagingServer`. */
export const CONTRACT = 'messaging:contract';
/** Where the method itself keeps the type of message it handles, to be found also where Nest does not look for it. */
export const HANDLED_TYPE = 'messaging:handled-type';
/** Where a handler keeps its options for it. */
export const OPTIONS = 'messaging:options';

/** A method that takes the payload, its context, both in either order, or nothing. */
type HandlerMethod<T> =
  | ((payload: T, context: MessageContext) => unknown)
  | ((context: MessageContext, payload: T) => unknown);

/** Steps that take another payload are no answer of a handler. */
type FitsContract<Method extends (...all: never[]) => unknown, T> =
  Extract<Awaited<ReturnType<Method>>, AnySteps<never>> extends AnySteps<T> ? Method : never;

type HandlerDecorator<T> = <Method extends HandlerMethod<T>>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<FitsContract<Method, T>>,
) => void;

/** Nest's own filter would replace every error with "Internal server error", and with it the retry decision. */
@Catch()
class KeepError implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Marks a controller's method as the handler of one message contract. It gets the payload, checked and at the latest
 * version, and with `@Ctx()` the {@link MessageContext}. Returning completes the message, throwing has it tried again,
 * throwing a `PermanentError` dead-letters it. A method that takes another payload does not compile; payload and
 * context are its only parameters, in either order.
 *
 * ```ts
 * @MessageHandler(orderPlace)
 * async place(@Payload() order: OrderPlace, @Ctx() context: MessageContext) { … }
 * ```
 *
 * A method may answer {@link Steps} instead, which then handle the message: `prepare` outside of the transaction, `commit`
 * inside. Guards, pipes and interceptors run before them.
 */
export function MessageHandler<T>(contract: Contract<T>, options: HandlerOptions = {}): HandlerDecorator<T> {
  return applyDecorators(
    EventPattern<string>(contract.type, {
      [KEEPS_ERRORS]: true,
      [CONTRACT]: contract,
      [OPTIONS]: options,
    }) as MethodDecorator,
    SetMetadata(HANDLED_TYPE, contract.type),
    UseFilters(KeepError),
  );
}
