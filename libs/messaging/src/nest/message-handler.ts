import { applyDecorators, Catch, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';
import type { Contract } from '../contract.js';

/** Marks handlers whose errors arrive as they were thrown; `MessagingServer` accepts no others. */
export const KEEPS_ERRORS = 'messaging:keeps-errors';

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
 * throwing a `PermanentError` dead-letters it.
 *
 * ```ts
 * @MessageHandler(orderPlace)
 * async place(@Payload() order: OrderPlace, @Ctx() context: MessageContext) { … }
 * ```
 */
export function MessageHandler(contract: Pick<Contract, 'type'>): MethodDecorator {
  return applyDecorators(
    EventPattern<string>(contract.type, { [KEEPS_ERRORS]: true }) as MethodDecorator,
    UseFilters(KeepError),
  );
}
