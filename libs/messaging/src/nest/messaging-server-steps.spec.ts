import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { from, type Observable } from 'rxjs';
import type { Contract } from '../contract.js';
import { PermanentError } from '../errors.js';
import { createMemoryMessaging } from '../inbox/memory-messaging.js';
import type { Steps } from '../steps.js';
import { MessageHandler } from './message-handler.js';
import { farewell, greeting, startNestServer } from './testing/start-nest-server.js';

function stepsOf(log: unknown[]): Steps<unknown, string, object> {
  return {
    inbox: createMemoryMessaging().inbox,
    consumer: 'greeter',
    async prepare({ payload }) {
      log.push(['prepare', payload]);
      return 'prepared';
    },
    async commit(prepared, _tx, { type }) {
      log.push(['commit', prepared, type]);
    },
  };
}

describe('a Nest handler that answers steps', () => {
  it('has the message handled by them, also when they come as a promise or a stream', async () => {
    const log: unknown[] = [];
    const steps = stepsOf(log);
    @Controller()
    class Greeter {
      @MessageHandler(greeting)
      greet(): Promise<Steps<unknown, string, object>> {
        return Promise.resolve(steps);
      }

      @MessageHandler(farewell)
      leave(@Payload() _payload: unknown): Observable<Steps<unknown, string, object>> {
        return from([steps]);
      }
    }
    const { app, send, settled } = await startNestServer(Greeter);
    await app.listen();
    await send('greeting', { text: 'hello' });
    await settled(1);
    await send('farewell', { text: 'bye' });
    expect(await settled(2)).toEqual([{ kind: 'complete' }, { kind: 'complete' }]);
    expect(log).toEqual([
      ['prepare', { text: 'hello' }],
      ['commit', 'prepared', 'greeting'],
      ['prepare', { text: 'bye' }],
      ['commit', 'prepared', 'farewell'],
    ]);
  });

  it('is settled by what they throw', async () => {
    const steps = stepsOf([]);
    @Controller()
    class Greeter {
      @MessageHandler(greeting)
      greet() {
        return { ...steps, prepare: () => Promise.reject(new PermanentError('TooRude', 'no greeting today')) };
      }

      @MessageHandler(farewell)
      leave() {
        return { ...steps, commit: () => Promise.reject(new Error('database away')) };
      }
    }
    const { app, send, settled } = await startNestServer(Greeter);
    await app.listen();
    await send('greeting', {});
    await settled(1);
    await send('farewell', {});
    expect(await settled(2)).toEqual([
      { kind: 'dead-letter', reason: 'TooRude', detail: 'no greeting today' },
      { kind: 'retry', delayMs: expect.any(Number), reason: 'database away' },
    ]);
  });

  it('answers steps for the payload of its contract only', () => {
    const order: Contract<{ readonly total: number }> = { ...greeting, parse: (value) => value as { total: number } };
    const { inbox } = createMemoryMessaging();
    const steps = { inbox, consumer: 'c', commit: async () => {} };
    class Orders {
      @MessageHandler(order)
      right(): Steps<{ readonly total: number }, number, object> {
        return { ...steps, prepare: async ({ payload }) => payload.total };
      }

      // @ts-expect-error: the contract has no name
      @MessageHandler(order)
      another(): Steps<{ readonly name: string }, string, object> {
        return { ...steps, prepare: async ({ payload }) => payload.name };
      }
    }
    expect(Orders).toBeDefined();
  });
});
