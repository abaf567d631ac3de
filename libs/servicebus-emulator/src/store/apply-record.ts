import type { BrokerEvent } from '../entities/events.js';
import { ByteReader } from './byte-reader.js';
import { decodeEvent } from './decode-event.js';
import { StoreCorruptError } from './errors.js';

/** A record of a file. */
interface RecordPlace {
  readonly name: string;
  readonly at: number;
  readonly apply: (event: BrokerEvent) => void;
}

/** Applies the events of a record. @throws StoreCorruptError when this version does not know them */
export function applyRecord(payload: Buffer, { name, at, apply }: RecordPlace): void {
  const reader = new ByteReader(payload);
  while (!reader.atEnd) {
    apply(decodeOrRefuse(reader, name, at));
  }
}

function decodeOrRefuse(reader: ByteReader, name: string, at: number): BrokerEvent {
  try {
    return decodeEvent(reader);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreCorruptError(name, at, `the record cannot be read by this version (${reason})`);
  }
}
