import {
  endOfValue,
  itemsAt,
  readText,
  writeList,
  writeMap,
  writeString,
  writeSymbol,
  writeTimestamp,
} from '../src/transports/azure-service-bus/amqp-values.js';

/** What a test needs to know of a message that was not written by us. */
export interface ForeignMessage {
  readonly name: string;
  /** As its producer encodes it. */
  readonly bytes: Buffer;
}

const absent = Buffer.of(0x40);
const text = writeString;
const yes = Buffer.of(0x41);
const no = Buffer.of(0x42);
const smallInt = (value: number): Buffer => Buffer.of(0x54, value);
const int = (value: number): Buffer => Buffer.concat([Buffer.of(0x71), be32(value)]);
const long = (value: bigint): Buffer => Buffer.concat([Buffer.of(0x81), be64(value)]);
const double = Buffer.from('8240091eb851eb851f', 'hex'); // 3.14
const float = Buffer.from('723fc00000', 'hex'); // 1.5
const uuid = Buffer.from('986a2f41a36c544fcab51f8e8d1d6d7a10', 'hex');
const ttlOfTenMinutes = Buffer.concat([Buffer.of(0x70), be32(600_000)]);
const data = (bytes: Buffer | string): Buffer => section(0x75, Buffer.concat([Buffer.of(0xb0), sized(bytes)]));

/** Messages as NServiceBus, MassTransit and a Python producer write them, sent at `now` to live ten minutes. */
export function foreignMessages(now: number): readonly ForeignMessage[] {
  const times = { 8: writeTimestamp(now + 600_000), 9: writeTimestamp(now) };
  return [
    {
      name: 'NServiceBus',
      bytes: message({
        properties: {
          0: text('0f7bd3b4-0001'),
          4: text('Sales'),
          5: text('conv-1'),
          6: symbol('application/json'),
          ...times,
        },
        annotations: [],
        applicationProperties: [
          ...[text('NServiceBus.MessageId'), text('0f7bd3b4-0001'), text('NServiceBus.MessageIntent'), text('Send')],
          ...[text('NServiceBus.EnclosedMessageTypes'), text('Sales.PlaceOrder, Sales.Messages')],
          ...[text('NServiceBus.TimeToBeReceived'), text('00:10:00'), text('NServiceBus.NonDurableMessage'), no],
          ...[text('NServiceBus.Transport.Encoding'), text('application/octet-stream')],
        ],
        body: data('\ufeff{"OrderId":"7"}'),
      }),
    },
    {
      name: 'MassTransit',
      bytes: message({
        properties: {
          ...{
            0: uuid,
            1: Buffer.of(0xa0, 2, 1, 2),
            2: text('queue:billing'),
            3: text('OrderSubmitted'),
            4: text('bus-reply'),
          },
          ...{ 5: Buffer.of(0x53, 42), 6: symbol('application/vnd.masstransit+json'), 7: symbol('gzip'), ...times },
          ...{ 10: text('customer-7'), 11: Buffer.of(0x52, 3), 12: text('reply-session') },
        },
        annotations: [symbol('x-opt-partition-key'), text('customer-7'), symbol('x-opt-producer'), int(70_000)],
        applicationProperties: [
          ...[
            text('MT-Redelivery-Count'),
            smallInt(3),
            text('MT-Fault-RetryCount'),
            int(300),
            text('MT-Sent'),
            writeTimestamp(now),
          ],
          ...[
            text('MT-Request-Id'),
            uuid,
            text('MT-Tiny'),
            Buffer.of(0x61, 0, 9),
            text('MT-Letter'),
            Buffer.from('7300000041', 'hex'),
          ],
          ...[text('MT-Span'), Buffer.concat([Buffer.of(0), symbol('com.microsoft:timespan'), long(36_000_000_000n)])],
        ],
        body: section(0x77, Buffer.concat([Buffer.of(0xa1), Buffer.of(2), Buffer.from('{}')])),
      }),
    },
    {
      name: 'Python',
      bytes: message({
        properties: { 0: text('py-1'), 3: text('reading'), 10: text('sensor-9'), ...times },
        annotations: [],
        applicationProperties: [
          ...[text('count'), long(9_007_199_254_740_993n), text('small'), Buffer.of(0x55, 0xff), text('ratio'), double],
          ...[
            text('half'),
            float,
            text('valid'),
            yes,
            text('flag'),
            Buffer.of(0x56, 0),
            text('at'),
            writeTimestamp(now - 5),
          ],
          ...[text('nothing'), absent, text('unsigned'), Buffer.of(0x43), text('unit'), symbol('K')],
        ],
        body: Buffer.concat([data('{"celsius":'), data(' 21}')]),
      }),
    },
    {
      name: 'Python, a sequence',
      bytes: message({
        properties: { 0: text('py-2'), 3: text('readings'), ...times },
        annotations: [],
        applicationProperties: [],
        body: Buffer.concat([section(0x76, writeList([int(1), long(2n)])), section(0x76, writeList([double, uuid]))]),
      }),
    },
  ];
}

interface Parts {
  /** By their place. */
  readonly properties: Readonly<Record<number, Buffer>>;
  readonly annotations: readonly Buffer[];
  readonly applicationProperties: readonly Buffer[];
  /** One section or more. */
  readonly body: Buffer;
}

function message({ properties, annotations, applicationProperties, body }: Parts): Buffer {
  const fields = Array.from({ length: 13 }, (_, place) => properties[place] ?? absent);
  return Buffer.concat([
    section(0x70, writeList([yes, Buffer.of(0x50, 4), ttlOfTenMinutes])),
    ...(annotations.length === 0 ? [] : [section(0x72, writeMap(annotations))]),
    section(0x73, writeList(fields)),
    ...(applicationProperties.length === 0 ? [] : [section(0x74, writeMap(applicationProperties))]),
    body,
  ]);
}

/** What a receiver finds in a message's bytes, each value in its encoded form, as hexadecimal digits. */
export interface Sections {
  readonly header: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly properties: readonly string[];
  readonly applicationProperties: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Takes a message apart, to be compared. */
export function sectionsOf(bytes: Buffer): Sections {
  const heads = new Map<number, Buffer[]>();
  const body: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const value = endOfValue(bytes, start + 1);
    const end = endOfValue(bytes, value);
    const code = bytes.readUInt8(start + 2);
    if (code < 0x75) heads.set(code, itemsAt(bytes, value));
    else body.push(bytes.subarray(start, end));
    start = end;
  }
  return {
    header: hex(heads.get(0x70)),
    annotations: entries(heads.get(0x72)),
    properties: hex(heads.get(0x73)),
    applicationProperties: entries(heads.get(0x74)),
    body: Buffer.concat(body).toString('hex'),
  };
}

function hex(values: readonly Buffer[] = []): string[] {
  return values.map((value) => value.toString('hex'));
}

function entries(items: readonly Buffer[] = []): Record<string, string> {
  const found: Record<string, string> = {};
  for (let at = 0; at + 1 < items.length; at += 2) {
    found[readText(items[at]) ?? String(items[at]?.toString('hex'))] = String(items[at + 1]?.toString('hex'));
  }
  return found;
}

function section(code: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x00, 0x53, code), value]);
}

function symbol(name: string): Buffer {
  return writeSymbol(name);
}

function sized(content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([be32(bytes.length), bytes]);
}

function be32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function be64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}
