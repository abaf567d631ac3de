import { z } from 'zod';

/** A position in a list of orders, newest first: the last order already shown. */
export interface PagePosition {
  readonly createdAt: Date;
  readonly id: string;
}

/** 9999-12-31T23:59:59.999Z, the last instant that ISO 8601 writes with four digits. */
const latest = 253_402_300_799_999;
const content = z.tuple([z.int().min(0).max(latest), z.string().regex(/^[A-Za-z0-9._:-]{1,100}$/)]);

/** The position as an opaque text for URLs. */
export function toCursor({ createdAt, id }: PagePosition): string {
  return Buffer.from(JSON.stringify([createdAt.getTime(), id])).toString('base64url');
}

/** Undefined for a text that {@link toCursor} did not write. */
export function fromCursor(cursor: string): PagePosition | undefined {
  const parsed = content.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!parsed.success) return undefined;
  const [createdAt, id] = parsed.data;
  return { createdAt: new Date(createdAt), id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
