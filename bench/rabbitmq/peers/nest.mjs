import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, Ctx, EventPattern, Payload, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { measure, order, publishAll } from './measure.mjs';

const settings = (url, queue, noAck) => ({
  transport: Transport.RMQ,
  options: { urls: [url], queue, noAssert: true, noAck, prefetchCount: 100, persistent: true },
});

export async function consume(url, queue, count) {
  const { done, result } = measure(count);
  class Orders {
    handle(_payload, context) {
      context.getChannelRef().ack(context.getMessage());
      done();
    }
  }
  Payload()(Orders.prototype, 'handle', 0);
  Ctx()(Orders.prototype, 'handle', 1);
  EventPattern('bench.order')(Orders.prototype, 'handle', Object.getOwnPropertyDescriptor(Orders.prototype, 'handle'));
  Controller()(Orders);
  class App {}
  Module({ controllers: [Orders] })(App);
  const app = await NestFactory.createMicroservice(App, { ...settings(url, queue, false), logger: false });
  await app.listen();
  return result;
}

export async function publish(url, queue, count) {
  const client = ClientProxyFactory.create(settings(url, queue, true));
  await client.connect();
  return publishAll(count, (number) =>
    lastValueFrom(client.emit('bench.order', order(number)), { defaultValue: undefined }),
  );
}
