import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Broker, startBroker } from '../broker.js';
import { adminClient } from '../testing/admin.js';

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.close());

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function request(path: string, init?: RequestInit): Promise<Answered> {
  const response = await fetch(`http://127.0.0.1:${broker.port}${path}`, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const entry = (content: string) =>
  `<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml">${content}</content></entry>`;
const put = (path: string, body: string) => request(`${path}?api-version=2021-05`, { method: 'PUT', body });

describe('the management API over HTTP', () => {
  it('refuses what it cannot read, and says why', async () => {
    const cases: readonly (readonly [
      answer: Promise<{ status: number; text: string }>,
      status: number,
      text: string,
    ])[] = [
      [request('/q?api-version=1999-01'), 400, 'not supported: use one of 2021-05, 2017-04'],
      [put('/q', 'not XML'), 400, 'The body is no XML'],
      [put('/q', entry('')), 400, 'QueueDescription or TopicDescription'],
      [put('/t/Subscriptions/s', entry('<QueueDescription/>')), 400, 'SubscriptionDescription'],
      [put('/$Resources/Queues', entry('<QueueDescription/>')), 400, 'can only be read'],
      [put('/q', `${entry('')}${'x'.repeat(1024 * 1024)}`), 413, 'longer than'],
      [request('/q?api-version=2021-05', { method: 'PATCH' }), 501, 'PATCH'],
      [request('/%?api-version=2021-05'), 400, 'not encoded properly'],
      [request('/$Resources/Queues?api-version=2021-05&$top=many'), 400, '$top must be a whole number'],
    ];
    for (const [answer, status, text] of cases) {
      const actual = await answer;
      expect([actual.status, actual.text]).toEqual([status, expect.stringContaining(text)]);
      expect(actual.text).toContain(`<Code>${status}</Code><Detail>`);
    }
  });

  it('does not expand the entities of a document', async () => {
    const bomb = '<!DOCTYPE e [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>';
    const { text } = await put(
      '/bomb',
      `${bomb}${entry('<QueueDescription><UserMetadata>&b;</UserMetadata></QueueDescription>')}`,
    );
    expect(text).not.toContain('aaaaaaaaaa');
  });

  it('keeps entities apart from the pages of the broker', async () => {
    await put('/health', entry('<QueueDescription/>'));
    expect((await request('/health?api-version=2021-05')).text).toContain('<QueueDescription');
    expect((await request('/health')).text).toBe('{"status":"ready"}\n');
  });

  it("answers the elements of a description in Azure's order", async () => {
    await put('/ordered', entry('<QueueDescription/>'));
    const { text } = await request('/ordered?api-version=2021-05');
    const [, description = ''] = /<QueueDescription[^>]*>(.*)<\/QueueDescription>/s.exec(text) ?? [];
    const elements = [...description.matchAll(/<(?!\/)([A-Z]\w+)/g)].map(([, name]) => name);
    const known = [
      'LockDuration',
      'MaxSizeInMegabytes',
      'RequiresDuplicateDetection',
      'RequiresSession',
      'MaxDeliveryCount',
    ];
    expect(elements.filter((name) => known.includes(name ?? ''))).toEqual(known);
  });
});

describe('what clients for other languages read', () => {
  const titlesOf = (text: string) => [...text.matchAll(/<title type="text">([^<]*)</g)].map(([, title]) => title);
  const get = (path: string) => request(`${path}?api-version=2021-05`);

  it('is the name of a thing in its title, and what is listed in that of a list', async () => {
    await put('/titled/queue', entry('<QueueDescription/>'));
    await put('/titled', entry('<TopicDescription/>'));
    await put('/titled/subscriptions/audit', entry('<SubscriptionDescription/>'));
    expect(titlesOf((await get('/titled/queue')).text)).toEqual(['titled/queue']);
    expect(titlesOf((await get('/titled/Subscriptions')).text)).toEqual(['Subscriptions', 'audit']);
    expect(titlesOf((await get('/titled/Subscriptions/audit/Rules')).text)).toEqual(['Rules', '$Default']);
    expect(titlesOf((await get('/$Resources/Queues')).text)).toEqual(
      expect.arrayContaining(['Queues', 'titled/queue']),
    );
    expect(titlesOf((await get('/$Resources/Topics')).text)).toEqual(expect.arrayContaining(['Topics', 'titled']));
    expect(titlesOf((await get('/$namespaceinfo')).text)).toEqual(['sbemulatorns']);
  });

  it('is a version in ticks, which changes with what it belongs to', async () => {
    const created = await put('/versioned', entry('<QueueDescription/>'));
    expect([created.status, created.headers.get('etag')]).toEqual([201, null]);
    const first = await get('/versioned');
    const [, ticks = ''] = /^'(\d{18})'$/.exec(first.headers.get('etag') ?? '') ?? [];
    const [, updatedAt = ''] = /<UpdatedAt>([^<]*)</.exec(first.text) ?? [];
    expect((BigInt(ticks) - 621_355_968_000_000_000n) / 10_000n).toBe(BigInt(Date.parse(updatedAt)));
    broker.clock.advance(5);
    const init = { method: 'PUT', body: entry('<QueueDescription/>'), headers: { 'if-match': '*' } };
    const updated = await request('/versioned?api-version=2021-05', init);
    expect(updated.status).toBe(200);
    expect(BigInt(updated.headers.get('etag')?.slice(1, -1) ?? 0)).toBeGreaterThan(BigInt(ticks));
    const deleted = await request('/versioned?api-version=2021-05', { method: 'DELETE' });
    expect(deleted.headers.get('etag')).toBe(updated.headers.get('etag'));
  });

  it('is whether an answer is an entry or a feed', async () => {
    expect((await get('/$namespaceinfo')).headers.get('content-type')).toContain('type=entry');
    expect((await get('/$Resources/Queues')).headers.get('content-type')).toContain('type=feed');
  });

  it('is that the namespace can be reached, at its own address and without a version', async () => {
    for (const path of ['/', '/?api-version=2021-05']) {
      const { status, text, headers } = await request(path);
      expect([status, headers.get('content-type')]).toEqual([200, 'application/atom+xml;type=feed; charset=utf-8']);
      expect(titlesOf(text)).toEqual(['Publicly Listed Services']);
    }
    expect((await request('/', { method: 'POST' })).status).toBe(404);
  });
});

it('keeps what was administered over a restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'broker-'));
  const first = await startBroker({ dataDir });
  const admin = adminClient(first);
  await admin.createQueue('kept', { maxDeliveryCount: 7 });
  await admin.createTopic('events');
  await admin.createSubscription('events', 'audit', { forwardTo: 'kept' });
  await admin.createRule('events', 'audit', 'red', { applicationProperties: { colour: 'red' } });
  await admin.deleteRule('events', 'audit', '$Default');
  await admin.createQueue('gone');
  await admin.deleteQueue('gone');
  await first.close();
  const second = await startBroker({ dataDir });
  const again = adminClient(second);
  expect(await again.getQueue('kept')).toMatchObject({ maxDeliveryCount: 7 });
  expect(await again.getRule('events', 'audit', 'red')).toMatchObject({
    filter: { applicationProperties: { colour: 'red' } },
  });
  expect([await again.ruleExists('events', 'audit', '$Default'), await again.queueExists('gone')]).toEqual([
    false,
    false,
  ]);
  await second.close();
  await rm(dataDir, { recursive: true });
});
