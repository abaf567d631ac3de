import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServiceBusClient, type ServiceBusSender } from '@azure/service-bus';
import fc from 'fast-check';
import { connectionStringTo, ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { type NativeMessage, toNative } from '../../native-message.js';
import { outgoing } from '../../testing/outgoing.js';
import { encodeMessage } from './encode-message.js';
import { EncodedBatch, EncodedMessage } from './encoded-message.js';
import { toServiceBusMessage } from './service-bus-message.js';

/** What the SDK's batch keeps of its messages, and what it sends for them. */
interface SdkBatch {
  readonly _encodedMessages: readonly Buffer[];
  _generateMessage(): Buffer;
}

const text = (maxLength: number) => fc.string({ unit: 'binary', minLength: 1, maxLength });
const values = fc.oneof(text(400), fc.boolean(), fc.nat(0xffff_ffff), fc.constantFrom(0, 1, 255, 256, 0xffff_ffff));
const natives: fc.Arbitrary<NativeMessage> = fc.record(
  {
    messageId: text(128),
    subject: text(300),
    contentType: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 300 }),
    sessionId: text(128),
    applicationProperties: fc.dictionary(text(300), values, { maxKeys: 12 }),
    body: fc.uint8Array({ maxLength: 5_000 }),
    correlationId: text(128),
  },
  {
    requiredKeys: ['messageId', 'subject', 'contentType', 'sessionId', 'applicationProperties', 'body'],
    noNullPrototype: true,
  },
);

function encoded(native: NativeMessage): EncodedMessage {
  const parts = encodeMessage(native);
  if (parts === undefined) throw new Error('It was left to the SDK.');
  return new EncodedMessage({ id: native.messageId, ...parts, otherwise: () => toServiceBusMessage(native) });
}

describe('encodeMessage', () => {
  let environment: ServiceBusEnvironment;
  let client: ServiceBusClient;
  let sender: ServiceBusSender;
  beforeAll(async () => {
    environment = await ServiceBusEnvironment.start();
    client = new ServiceBusClient(connectionStringTo(environment.broker.port));
    sender = client.createSender('work');
  });
  afterAll(async () => {
    await client.close();
    await environment.close();
  });

  const bySdk = async (all: readonly NativeMessage[]): Promise<SdkBatch> => {
    const batch = await sender.createMessageBatch();
    for (const native of all) expect(batch.tryAddMessage(toServiceBusMessage(native))).toBe(true);
    return batch as unknown as SdkBatch;
  };

  it('writes what the SDK writes, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(natives, async (native) => {
        const [expected] = (await bySdk([native]))._encodedMessages;
        expect(encodeMessage(native)?.bytes.equals(expected as Buffer)).toBe(true);
      }),
    );
  });

  it('makes the batches that the SDK makes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(natives, { minLength: 2, maxLength: 5 }), async (all) => {
        const sent: Buffer[] = [];
        const batch = new EncodedBatch(256 * 1_024);
        for (const native of all) expect(batch.tryAdd(encoded(native))).toBe(true);
        const inner = { _trySend: async (bytes: Buffer) => void sent.push(bytes) };
        await batch.sendWith({ _sender: inner } as unknown as ServiceBusSender, {
          abortSignal: new AbortController().signal,
        });
        expect(sent[0]?.equals((await bySdk(all))._generateMessage())).toBe(true);
      }),
    );
  });

  it.each([
    ['a time to live', { timeToLiveMs: 1_000 }],
    ['a number below 0', { applicationProperties: { n: -1 } }],
    ['a number that is too large', { applicationProperties: { n: 2 ** 32 } }],
    ['a fraction', { applicationProperties: { n: 0.5 } }],
  ])('leaves %s to the SDK', (_, given) => {
    expect(encodeMessage({ ...toNative(outgoing('1').envelope), ...given })).toBeUndefined();
  });
});
