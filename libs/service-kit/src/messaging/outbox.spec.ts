import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { type Contract, createEnvelopeWriter } from '@orderflow/messaging';
import { createMemoryTransport, MemoryBroker, type MemoryTransport } from '@orderflow/messaging/memory';
import { MessageHandler } from '@orderflow/messaging/nest';
import { receive } from '@orderflow/messaging/testing';
import { createLogger } from '../logging/create-logger.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from '../telemetry/metrics.js';
import { messagingConfig } from '../testing/messaging-config.js';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { composeMessagingService } from './compose-messaging-service.js';

const lend: Contract = { type: 'book.lend', version: 1, kind: 'command', parse: (value) => value };
const write = createEnvelopeWriter('/spec');
const logger = createLogger({ name: 'books', level: 'silent' });

@Controller()
class Lending {
  @MessageHandler(lend)
  async lend(): Promise<void> {}
}
class LibraryModule {}

let database: ServiceDatabase;
let broker: MemoryBroker;
let sender: MemoryTransport;
let service: RunningService;

beforeEach(async () => {
  database = await openServiceDatabase('messaging');
  broker = new MemoryBroker({ topology: { queues: ['books', 'returns'] } });
  sender = createMemoryTransport({ broker });
  const context = { config: messagingConfig(database.url), logger, metrics: createMetrics('books') };
  const options = { name: 'books', queue: 'books', contracts: [lend], migrations: [], restartWhenStalled: true };
  const parts = await composeMessagingService(
    { ...context, ...options, module: { module: LibraryModule, controllers: [Lending] } },
    async () => createMemoryTransport({ broker }),
  );
  service = await startService(context, parts);
});

afterEach(async () => {
  await service.stop();
  await sender.close();
  broker.close();
  await database.close();
});

interface Report {
  readonly waiting: object;
  readonly held: { readonly keys: number; readonly items: readonly object[] };
  readonly setAside: {
    readonly total: number;
    readonly items: readonly { readonly id: string; readonly messageId: string }[];
    readonly nextCursor?: string;
  };
  readonly errors: readonly { readonly parameter?: string; readonly pointer?: string }[];
  readonly messages: number;
}

async function ask(path: string, body?: object): Promise<{ readonly status: number; readonly body: Report }> {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(service.url + path, body && post);
  return { status: answer.status, body: (await answer.json()) as Report };
}

/** A message that the broker refused, in bucket 3, with the number as its id in the outbox. */
async function setAside(...numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    const { body, source, time, type, contentType } = write(lend, { n: number }, { id: `m-${number}` });
    await database.pool.query(
      `INSERT INTO outbox_dead (id, bucket, destination_kind, destination, message_id, ordering_key, type, version,
         source, time, content_type, headers, body, created_at, reason)
       VALUES ($1, 3, 'queue', 'returns', $2, 'k', $3, 1, $4, $5, $6, '{}', $7, now(), 'Too large.')`,
      [number, `m-${number}`, type, source, time, contentType, Buffer.from(body)],
    );
  }
}

describe('GET /ops/outbox', () => {
  it('says that nothing waits', async () => {
    expect(await ask('/ops/outbox')).toEqual({
      status: 200,
      body: {
        waiting: { messages: 0, isEstimate: false, oldestAgeMs: 0 },
        held: { keys: 0, messages: 0, items: [] },
        setAside: { total: 0, items: [] },
      },
    });
  });

  it('lists what was set aside page by page, without bodies', async () => {
    await setAside(1, 2, 3);
    const { body: first } = await ask('/ops/outbox?limit=2');
    expect(first.setAside).toMatchObject({ total: 3, nextCursor: '3-2' });
    expect(first.setAside.items[0]).toEqual({
      ...{ id: '3-1', to: 'queue returns', messageId: 'm-1', type: 'book.lend', orderingKey: 'k' },
      ...{ bytes: 7, reason: 'Too large.', setAsideAt: expect.any(String) },
    });
    const { body: second } = await ask(`/ops/outbox?limit=2&cursor=${first.setAside.nextCursor}`);
    expect([second.setAside.items.map(({ id }) => id), second.setAside.nextCursor]).toEqual([['3-3'], undefined]);
  });

  it('names the keys that are held, and when each is tried again', async () => {
    await database.pool.query(
      `INSERT INTO outbox_holds (bucket, ordering_key, attempts, until, due, last_error)
       VALUES (1, 'k', 3, 'infinity', '2100-01-01T00:00:00Z', 'No.'), (1, 'l', 1, 'infinity', NULL, 'Why?')`,
    );
    expect((await ask('/ops/outbox')).body.held).toMatchObject({
      keys: 2,
      items: [
        { orderingKey: 'k', attempts: 3, due: '2100-01-01T00:00:00.000Z', lastError: 'No.' },
        { orderingKey: 'l', attempts: 1, due: null, lastError: 'Why?' },
      ],
    });
  });

  it('says everything that is wrong with a query', async () => {
    const { status, body } = await ask('/ops/outbox?limit=0&cursor=x&colour=red');
    expect(status).toBe(400);
    expect(body.errors.map(({ parameter }) => parameter).sort()).toEqual(['colour', 'cursor', 'limit']);
  });
});

describe('POST /ops/outbox/…', () => {
  it('resend sends what is named and is still set aside', async () => {
    await setAside(1, 2);
    expect(await ask('/ops/outbox/resend', { ids: ['3-1', '3-9'], note: 'the broker takes it now' })).toEqual({
      status: 200,
      body: { messages: 1 },
    });
    expect((await (await receive(sender, 'returns')).complete()).envelope.id).toBe('m-1');
    expect((await ask('/ops/outbox')).body.setAside.items.map(({ messageId }) => messageId)).toEqual(['m-2']);
  });

  it('drop removes for good what is named', async () => {
    await setAside(1, 2);
    const request = { ids: ['3-1'], note: 'nobody needs it' };
    expect((await ask('/ops/outbox/drop', request)).body).toEqual({ messages: 1 });
    expect((await ask('/ops/outbox/drop', request)).body).toEqual({ messages: 0 });
    expect((await ask('/ops/outbox')).body.setAside.items.map(({ id }) => id)).toEqual(['3-2']);
  });

  it('refuses what names nothing or says no reason, with all problems at once', async () => {
    for (const path of ['/ops/outbox/resend', '/ops/outbox/drop']) {
      const { status, body } = await ask(path, { ids: ['3-1', 'x'], colour: 'red' });
      expect(status).toBe(400);
      expect(body.errors.map(({ pointer }) => pointer).sort()).toEqual(['#/colour', '#/ids/1', '#/note']);
    }
  });
});
