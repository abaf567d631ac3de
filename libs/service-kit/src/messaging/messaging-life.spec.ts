import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Inject } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { type Contract, createEnvelopeWriter, type Outgoing } from '@orderflow/messaging';
import { createMemoryTransport, MemoryBroker, type MemoryTransport } from '@orderflow/messaging/memory';
import { type MessageContext, MessageHandler, MessagingServer } from '@orderflow/messaging/nest';
import { ManualClock, receive } from '@orderflow/messaging/testing';
import { createLogger } from '../logging/create-logger.js';
import { type RunningService, startService } from '../service/start-service.js';
import { StartupError } from '../startup-error.js';
import { shutdownOnSignal } from '../shutdown/shutdown-on-signal.js';
import { createMetrics } from '../telemetry/metrics.js';
import { messagingConfig } from '../testing/messaging-config.js';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { MessagingResources } from './messaging-resources.js';

const lend: Contract = { type: 'book.lend', version: 1, kind: 'command', parse: (value) => value };
const write = createEnvelopeWriter('/spec');
const outgoing = (id: string, queue = 'books'): Outgoing => ({ to: { queue }, envelope: write(lend, {}, { id }) });

/** What a handler does is the test's to say. */
@Controller()
class Lending {
  constructor(@Inject('work') private readonly work: (context: MessageContext) => Promise<void>) {}

  @MessageHandler(lend)
  lend(@Ctx() context: MessageContext): Promise<void> {
    return this.work(context);
  }
}

/** A promise, and how to keep it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Ends by telling its exit code. */
class EndingProcess extends EventEmitter {
  exit(code: number): void {
    this.emit('ended', code);
  }
}

const logger = createLogger({ name: 'books', level: 'silent' });

let database: ServiceDatabase;
let clock: ManualClock;
let broker: MemoryBroker;
let sender: MemoryTransport;
let transport: MemoryTransport;
let messaging: MessagingResources;
let service: RunningService | undefined;

beforeEach(async () => {
  database = await openServiceDatabase('messaging');
  clock = new ManualClock();
  broker = new MemoryBroker({ topology: { queues: ['books', 'returns'] }, clock });
  sender = createMemoryTransport({ broker });
  transport = createMemoryTransport({ broker });
});

afterEach(async () => {
  // What closes badly on purpose was expected to by its test.
  await service?.stop().catch(() => {});
  service = undefined;
  await sender.close();
  broker.close();
  await database.close();
});

interface Setup {
  readonly PORT?: number;
  readonly migrations?: readonly string[];
}

/** A whole service with HTTP and a database of its own, on a broker in this process whose time the test moves. */
async function start(
  work: (context: MessageContext) => Promise<void>,
  { PORT = 0, migrations = [] }: Setup = {},
): Promise<void> {
  const config = messagingConfig(database.url, { PORT });
  const context = { config, logger, metrics: createMetrics('books') };
  const options = { name: 'books', queue: 'books', contracts: [lend], migrations, restartWhenStalled: true };
  messaging = await MessagingResources.open({ ...context, ...options }, transport);
  const providers = [
    { provide: MessagingServer, useValue: messaging.server },
    { provide: 'work', useValue: work },
  ];
  class LibraryModule {}
  const module = { module: LibraryModule, controllers: [Lending], providers };
  service = await startService(context, {
    module,
    strategy: () => messaging.server,
    health: () => messaging.health(),
    prepare: () => messaging.prepare(),
    close: () => messaging.close(),
  });
}

/** Asks the service to stop; resolves once it takes nothing new and waits for what is in flight. */
async function askToStop(deadlineMs = 10_000): Promise<{ readonly ended: Promise<unknown[]> }> {
  const process = new EndingProcess();
  const ended = once(process, 'ended');
  shutdownOnSignal({ stop: () => service?.stop() ?? Promise.resolve(), deadlineMs, logger, process });
  process.emit('SIGTERM');
  while (messaging.server.health().state !== 'stopped') await new Promise(setImmediate);
  return { ended };
}

describe('a service that cannot start', () => {
  async function expectNothingReceived(setup: Setup, reason: string): Promise<void> {
    const work = jest.fn(async () => {});
    await sender.send([outgoing('m-1')]);
    const starting = start(work, setup);
    await expect(starting).rejects.toBeInstanceOf(StartupError);
    await expect(starting).rejects.toThrow(reason);
    expect(work).not.toHaveBeenCalled();
    const next = await (await receive(sender, 'books')).complete();
    expect([next.envelope.id, next.attempt]).toEqual(['m-1', 1]);
  }

  it('has received nothing when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port: PORT } = other.address() as { port: number };
    await expectNothingReceived({ PORT }, `Port ${PORT} of 127.0.0.1 is taken`);
    other.close();
  });

  it('has received nothing when its database lacks a migration', async () => {
    await expectNothingReceived({ migrations: ['0001-books'] }, 'lacks 0001-books');
  });
});

describe('a service that is asked to stop', () => {
  it('finishes the delivery in flight with its database, takes no other, and ends with 0', async () => {
    const [began, go] = [gate(), gate()];
    await start(async ({ message }) => {
      began.open();
      await go.opened;
      await messaging.messaging.inbox.once('books', message.id, async () => {});
    });
    await sender.send([outgoing('m-1'), outgoing('m-2')]);
    await began.opened;
    const { ended } = await askToStop();
    go.open();
    expect(await ended).toEqual([0]);
    expect((await database.pool.query('SELECT message_id FROM inbox')).rows).toEqual([{ message_id: 'm-1' }]);
    const next = await (await receive(sender, 'books')).complete();
    expect([next.envelope.id, next.attempt]).toEqual(['m-2', 1]);
  });

  it('finishes the batch of the outbox that is under way, then closes the broker, then the database', async () => {
    const [began, go] = [gate(), gate()];
    const sent = jest.fn();
    const send = transport.send.bind(transport);
    transport.send = async (messages) => {
      began.open();
      await go.opened;
      await send(messages);
      sent();
    };
    const closed = jest.spyOn(transport, 'close');
    await start(async () => {});
    const ended = jest.spyOn(messaging.pool, 'end');
    await messaging.messaging.transaction((tx) => messaging.messaging.outbox.add(tx, [outgoing('m-1', 'returns')]));
    await began.opened;
    const stopping = await askToStop();
    // Whoever does not wait for the batch goes on here.
    for (let turn = 0; turn < 10; turn += 1) await database.pool.query('SELECT 1');
    go.open();
    expect(await stopping.ended).toEqual([0]);
    const order = [sent, closed, ended].map(({ mock }) => mock.invocationCallOrder);
    expect(order.map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(order.flat()).toEqual([...order.flat()].sort((a, b) => a - b));
    expect((await database.pool.query('SELECT FROM outbox')).rowCount).toBe(0);
    expect((await (await receive(sender, 'returns')).complete()).envelope.id).toBe('m-1');
  });

  it.each<[string, (hang: () => Promise<void>) => Promise<void>]>([
    ['', (hang) => hang()],
    [
      ', in the middle of a transaction',
      (hang) =>
        messaging.messaging.transaction(async (tx) => {
          await tx.query('SELECT 1');
          await hang();
        }),
    ],
  ])('hands on, in time, the message of a handler that never ends%s, and ends with 1', async (_, handle) => {
    const [began, go] = [gate(), gate()];
    await start(() =>
      handle(async () => {
        began.open();
        await go.opened;
      }),
    );
    await sender.send([outgoing('m-1')]);
    await began.opened;
    const other = await receive(sender, 'books');
    const { ended } = await askToStop(500);
    await clock.advance(7_999);
    expect(other.waiting).toBe(0);
    // A fifth of the limit is left for everything that must still be closed.
    await clock.advance(1);
    expect(other.waiting).toBe(1);
    const delivery = await other.complete();
    expect([delivery.envelope.id, delivery.attempt]).toEqual(['m-1', 1]);
    expect(await ended).toEqual([1]);
    go.open();
  });
});
