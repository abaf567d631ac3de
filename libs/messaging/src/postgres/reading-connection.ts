import type pg from 'pg';
import { copyRows } from './copied-rows.js';
import type { Reading } from './outbox-read.js';
import { Turns } from './turns.js';

/** What a connection has to be told that is to read: a pipelined one cannot copy. */
export const readingOptions = { pipeline: false } as const;

/** Statements of several workers, one at a time: `pg` keeps no queue of them for much longer. */
export function readingOn(client: pg.Client): Reading {
  const turns = new Turns();
  return {
    query: (statement) => turns.run(() => client.query(statement)),
    copy: (query, read) => turns.run(() => copyRows(client, query, read)),
    end: () => client.end(),
  };
}
