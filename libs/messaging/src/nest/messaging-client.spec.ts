import { afterEach, describe, expect, it } from '@jest/globals';
import { lastValueFrom, type Observable } from 'rxjs';
import type { Contract } from '../contract.js';
import { receive } from '../testing/receive.js';
import { createMemoryTransport } from '../transports/memory/index.js';
import { MessagingClient } from './messaging-client.js';

const contract = (type: string): Contract => ({ type, version: 1, kind: 'event', parse: (value) => value });
const greeting = contract('greeting');

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe('the Nest client', () => {
  it('says what to do about a type without a contract and about request and response', async () => {
    const transport = createMemoryTransport({ topology: { queues: ['q'] } });
    stops.push(() => transport.close());
    const client = new MessagingClient({
      transport,
      contracts: [greeting],
      route: () => ({ queue: 'q' }),
      source: '/test',
    });
    const failure = (stream: Observable<unknown>) =>
      new Promise<Error>((resolve, reject) =>
        stream.subscribe({ error: resolve, complete: () => reject(new Error('no error')) }),
      );
    expect((await failure(client.emit('nope', {}))).message).toBe('No contract is called "nope"; known are greeting.');
    expect((await failure(client.send('greeting', {}))).message).toContain('use emit()');
  });

  it('sends a payload by the latest version of its contract, checked, and resolves when the broker has it', async () => {
    const transport = createMemoryTransport({ topology: { queues: ['q'] } });
    stops.push(() => transport.close());
    const latest: Contract = {
      ...contract('greeting'),
      version: 3,
      parse(value) {
        if (!('text' in (value as object))) throw new Error('text is missing');
        return { ...(value as object), checked: true };
      },
    };
    const client = (queue: string): MessagingClient =>
      new MessagingClient({
        transport,
        contracts: [greeting, latest, { ...greeting, version: 2 }],
        route: ({ type, version }) => ({ queue: `${queue}${type === 'greeting' && version === 3 ? '' : '?'}` }),
        source: '/test',
      });
    await lastValueFrom(client('q').emit('greeting', { text: 'hello' }), { defaultValue: undefined });
    const work = await receive(transport, 'q');
    const { envelope } = await work.complete();
    expect(envelope).toMatchObject({ type: 'greeting', version: 3, source: '/test' });
    expect(JSON.parse(String(envelope.body))).toEqual({ text: 'hello', checked: true });

    await expect(lastValueFrom(client('q').emit('greeting', {}))).rejects.toThrow('text is missing');
    const lost = client('nowhere').emit('greeting', { text: 'hello' });
    await expect(lastValueFrom(lost)).rejects.toMatchObject({ code: 'QueueNotFound' });
  });
});
