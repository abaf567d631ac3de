import type { ServerResponse } from 'node:http';
import type { LabBatch } from './lab-queue.js';

/** Aborts when the client goes away before it was answered in full. */
export function whenClientLeaves(response: ServerResponse): AbortSignal {
  const left = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) left.abort();
  });
  return left.signal;
}

/**
 * Answers with the texts and removes them from the queue in an order that loses none: first the whole array is handed
 * to the operating system, then the messages are completed, only then the response ends. A client that sees the end
 * can rely on the messages being gone; one that leaves before finds them in the queue; where this process dies
 * between the two steps, they are answered twice. (A client that crashes after its kernel took the bytes has had
 * them: HTTP has no acknowledgement beyond that.)
 */
export async function answerBatch(response: ServerResponse, batch: LabBatch): Promise<void> {
  try {
    // A connection kept alive would hold up a stop that this answer was part of.
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', connection: 'close' });
    await write(response, JSON.stringify(batch.texts));
  } catch (error) {
    await batch.release();
    throw error;
  }
  try {
    await batch.complete();
  } finally {
    response.end();
  }
}

/** Resolves once the operating system has the text; rejects when the connection is closed before. */
function write(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    response.once('close', () => reject(new Error('The client left before it was answered.')));
    response.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
