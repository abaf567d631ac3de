import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { concat, delay, EMPTY, type Observable, of, switchMap, throwError, timer } from 'rxjs';
import { PermanentError } from '../errors.js';
import { MessageHandler } from './message-handler.js';
import { farewell, greeting, startNestServer } from './testing/start-nest-server.js';

/** Passes every value on a little later, as an interceptor with a timeout or a cache does. */
class Later implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(delay(1));
  }
}

describe('the Nest server', () => {
  it('waits for streams, also behind an interceptor, before it settles', async () => {
    const order: string[] = [];
    @Controller()
    @UseInterceptors(Later)
    class Streamer {
      @MessageHandler(greeting)
      stream(): Observable<unknown> {
        return timer(1).pipe(
          switchMap(() => {
            order.push('worked');
            return of(1, 2);
          }),
        );
      }

      @MessageHandler(farewell)
      failingStream(): Observable<unknown> {
        return timer(1).pipe(switchMap(() => throwError(() => new Error('stream broke'))));
      }
    }
    const { app, send, settled } = await startNestServer(Streamer);
    await app.listen();
    await send('greeting', {});
    await settled(1);
    expect(order).toEqual(['worked']);
    await send('farewell', {});
    expect(await settled(2)).toEqual([
      { kind: 'complete' },
      { kind: 'retry', delayMs: expect.any(Number), reason: 'stream broke' },
    ]);
  });

  it('completes what a stream without values has done', async () => {
    @Controller()
    class Silent {
      @MessageHandler(greeting)
      stream(): Observable<never> {
        return EMPTY;
      }
    }
    const { app, send, settled } = await startNestServer(Silent);
    await app.listen();
    await send('greeting', {});
    expect(await settled(1)).toEqual([{ kind: 'complete' }]);
  });

  it('waits for the last value of a stream, not for the first', async () => {
    @Controller()
    class Late {
      @MessageHandler(greeting)
      stream(): Observable<unknown> {
        return concat(
          of('first'),
          timer(1).pipe(switchMap(() => throwError(() => new PermanentError('TooLate', 'broke at the end')))),
        );
      }
    }
    const { app, send, settled } = await startNestServer(Late);
    await app.listen();
    await send('greeting', {});
    expect(await settled(1)).toEqual([{ kind: 'dead-letter', reason: 'TooLate', detail: 'broke at the end' }]);
  });
});
