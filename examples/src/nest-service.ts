import 'reflect-metadata';
import { Controller, type DynamicModule, Inject, Injectable, Module } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { MemoryMessaging, Transport } from '@orderflow/messaging';
import { type MessageContext, MessageHandler, MessagingModule, Publisher } from '@orderflow/messaging/nest';
import { type OrderPaid, orderPaid, parcelsPacked } from './contracts.js';

/** Injects what a database's `createPostgresMessaging({ pool })` would be. */
const STORE = Symbol('store');

@Injectable()
export class Packing {
  /** Orders whose parcels could not be packed so far. */
  jams = 0;

  constructor(
    @Inject(STORE) private readonly store: MemoryMessaging,
    @Inject(Publisher) private readonly publisher: Publisher,
  ) {}

  async pack({ orderId }: OrderPaid, { message, signal, cause }: MessageContext): Promise<void> {
    if (this.jams > 0) {
      this.jams -= 1;
      throw new Error('the packing machine is jammed');
    }
    await this.store.inbox.once(
      'shipping',
      message.id,
      (tx) => this.publisher.add(tx, parcelsPacked, { orderId }, { orderingKey: orderId, cause }),
      { signal },
    );
  }
}

@Controller()
class Parcels {
  constructor(@Inject(Packing) private readonly packing: Packing) {}

  @MessageHandler(orderPaid, { retry: { immediate: [], delayed: [1_800_000], jitter: 'none' } })
  paid(@Payload() order: OrderPaid, @Ctx() context: MessageContext): Promise<void> {
    return this.packing.pack(order, context);
  }
}

/** A Nest service: consumes queue `shipping`, publishes to topic `events` through its outbox. */
@Module({})
export class ShippingModule {
  static over(transport: Transport, store: MemoryMessaging): DynamicModule {
    return {
      module: ShippingModule,
      imports: [
        MessagingModule.forRoot({
          transport,
          source: '/shipping',
          routes: [{ contracts: [parcelsPacked], to: { topic: 'events' } }],
          consumer: { queue: 'shipping', concurrency: 8 },
          messaging: store,
        }),
      ],
      controllers: [Parcels],
      providers: [Packing, { provide: STORE, useValue: store }],
    };
  }
}
