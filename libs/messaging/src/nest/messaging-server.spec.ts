import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import {
  Controller,
  BadRequestException,
  type CanActivate,
  HttpException,
  type PipeTransform,
  UseGuards,
} from '@nestjs/common';
import { Ctx, EventPattern, Payload, RpcException } from '@nestjs/microservices';
import type { Contract } from '../contract.js';
import { PermanentError } from '../errors.js';
import { outgoing } from '../testing/outgoing.js';
import { receive } from '../testing/receive.js';
import type { MessageContext } from './message-context.js';
import { MessageHandler } from './message-handler.js';
import { farewell, greeting, startNestServer } from './testing/start-nest-server.js';

describe('the Nest server', () => {
  it('gives a handler its payload and context, and completes what it returned from', async () => {
    const seen: unknown[] = [];
    @Controller()
    class Greeter {
      @MessageHandler(greeting)
      greet(@Payload() payload: unknown, @Ctx() context: MessageContext) {
        seen.push(payload, context.message.type, context.causeReference.attempt);
      }
    }
    const { app, send, settled } = await startNestServer(Greeter);
    await app.listen();
    await send('greeting', { text: 'hello' });
    expect(await settled(1)).toEqual([{ kind: 'complete' }]);
    expect(seen).toEqual([{ text: 'hello' }, 'greeting', 1]);
  });

  it('takes methods with the payload of their contract only', () => {
    const order: Contract<{ readonly total: number }> = { ...greeting, parse: (value) => value as { total: number } };
    class Orders {
      @MessageHandler(order)
      whole(payload: { readonly total: number }, context: MessageContext) {
        return [payload, context];
      }

      @MessageHandler(order)
      reversed(context: MessageContext, payload: { readonly total: number }) {
        return [payload, context];
      }

      @MessageHandler(order)
      contextOnly(context: MessageContext) {
        return context;
      }

      // @ts-expect-error: the contract has no name
      @MessageHandler(order)
      another(payload: { readonly name: string }) {
        return payload;
      }
    }
    expect(Orders).toBeDefined();
  });

  it('does not complete what its handler threw for, and keeps the error as it was', async () => {
    @Controller()
    class Thrower {
      @MessageHandler(greeting)
      fail() {
        throw new PermanentError('TooRude', 'no greeting today');
      }

      @MessageHandler(farewell)
      async failLater() {
        throw new Error('database away');
      }
    }
    const { app, send, settled } = await startNestServer(Thrower);
    await app.listen();
    await send('greeting', {});
    await settled(1);
    await send('farewell', {});
    expect(await settled(2)).toEqual([
      { kind: 'dead-letter', reason: 'TooRude', detail: 'no greeting today' },
      { kind: 'retry', delayMs: expect.any(Number), reason: 'database away' },
    ]);
  });

  it.each([
    [new BadRequestException('no'), 'dead-letter'],
    [new HttpException('conflict', 409), 'retry'],
    [new HttpException('slow down', 429), 'retry'],
    [new HttpException('away', 503), 'retry'],
    [new RpcException('anything'), 'retry'],
  ])('settles %p as %s', async (error, kind) => {
    @Controller()
    class Thrower {
      @MessageHandler(greeting)
      fail() {
        throw error;
      }
    }
    const { app, send, settled } = await startNestServer(Thrower);
    await app.listen();
    await send('greeting', {});
    expect(await settled(1)).toEqual([expect.objectContaining({ kind })]);
  });

  it('dead-letters what a guard or a pipe refused, and keeps to the options of a handler', async () => {
    const refuse: CanActivate = { canActivate: () => false };
    const pipe: PipeTransform = {
      transform: () => {
        throw new BadRequestException('not a greeting');
      },
    };
    @Controller()
    class Guarded {
      @UseGuards(refuse)
      @MessageHandler(greeting)
      guarded() {
        throw new Error('never reached');
      }

      @MessageHandler(farewell, { failures: [{ when: BadRequestException, is: 'transient' }], retry: { delayed: [7] } })
      piped(@Payload(pipe) payload: unknown) {
        return payload;
      }
    }
    const { app, send, settled } = await startNestServer(Guarded);
    await app.listen();
    await send('greeting', {});
    await settled(1);
    await send('farewell', {});
    expect(await settled(2)).toEqual([
      { kind: 'dead-letter', reason: 'PermanentFailure', detail: 'Forbidden resource' },
      { kind: 'retry', delayMs: expect.any(Number), reason: 'not a greeting' },
    ]);
  });

  it('hands its handlers the cause for what they send', async () => {
    const causes: unknown[] = [];
    @Controller()
    class Curious {
      @MessageHandler(greeting)
      greet(@Ctx() { cause, causeReference, message, delivery, signal }: MessageContext) {
        causes.push(cause, causeReference, message.id, delivery.queue, signal.aborted);
      }
    }
    const { app, transport, settled } = await startNestServer(Curious);
    await app.listen();
    const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    await transport.send([outgoing('m', { type: 'greeting', correlationId: 'c', headers }, { queue: 'q' })]);
    await settled(1);
    expect(causes).toEqual([{ correlationId: 'c', headers }, { messageId: 'm', attempt: 1 }, 'm', 'q', false]);
  });

  it('releases what outlasts its drain timeout when the app closes', async () => {
    const begun = Promise.withResolvers<AbortSignal>();
    @Controller()
    class Endless {
      @MessageHandler(greeting)
      work(@Ctx() { signal }: MessageContext) {
        begun.resolve(signal);
        return new Promise(() => {});
      }
    }
    const { app, send, transport } = await startNestServer(Endless, { drainTimeoutMs: 5 });
    await app.listen();
    await send('greeting', {});
    const signal = await begun.promise;
    await app.close();
    expect(signal.aborted).toBe(true);
    const rest = await receive(transport, 'q');
    expect((await rest.complete()).attempt).toBe(1);
  });

  it('dead-letters a message that no method handles', async () => {
    @Controller()
    class Greeter {
      @MessageHandler(greeting)
      greet() {}
    }
    const { app, send, settled } = await startNestServer(Greeter);
    await app.listen();
    await send('farewell', {});
    expect(await settled(1)).toMatchObject([{ kind: 'dead-letter', reason: 'UnhandledType' }]);
  });

  it('refuses to start with two methods for one message', async () => {
    @Controller()
    class Twice {
      @MessageHandler(greeting)
      first() {}

      @MessageHandler(greeting)
      second() {}
    }
    const { app } = await startNestServer(Twice);
    await expect(app.listen()).rejects.toThrow('Two methods handle "greeting"');
  });

  it("refuses to start with a method whose errors Nest's own filter would replace", async () => {
    @Controller()
    class Plain {
      @EventPattern<string>('greeting')
      greet() {}
    }
    const { app } = await startNestServer(Plain);
    await expect(app.listen()).rejects.toThrow('declare it with @MessageHandler');
  });

  it('waits for what is in flight when the app closes', async () => {
    let release = () => {};
    let started = () => {};
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    @Controller()
    class Slow {
      @MessageHandler(greeting)
      async work() {
        started();
        await gate;
      }
    }
    const { app, send, reports, server } = await startNestServer(Slow);
    await app.listen();
    await send('greeting', {});
    await running;
    expect(server.health()).toMatchObject({ state: 'running', inFlight: 1 });
    const closed = app.close();
    release();
    await closed;
    expect(reports.map(({ settlement }) => settlement.kind)).toEqual(['complete']);
    expect(server.health().state).toBe('stopped');
  });
});
