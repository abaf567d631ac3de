import { once } from 'node:events';
import { connect } from 'node:net';

/** An HTTP answer, as far as a client without a library reads it. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** An answer, or the end of a connection, that takes longer is none; in milliseconds. */
const timeoutMs = 15_000;

/** Sends bytes to a service as they are and reads to the end. Undefined when the other side hangs up without a word. */
export async function exchangeBytes(url: string, bytes: Uint8Array): Promise<RawAnswer | undefined> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  // What was answered counts, also where the connection is reset afterwards because bytes were left unread.
  socket.on('error', () => socket.destroy());
  socket.setTimeout(timeoutMs, () => socket.destroy());
  socket.write(bytes);
  await once(socket, 'close');
  return readAnswer(Buffer.concat(chunks).toString('utf8'));
}

function readAnswer(text: string): RawAnswer | undefined {
  const start = /^HTTP\/1\.1 (\d{3})[^\r]*\r\n/.exec(text);
  const end = text.indexOf('\r\n\r\n');
  if (!start || end < 0) return undefined;
  const lines = text.slice(start[0].length, end).split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const [name = '', ...value] = line.split(':');
      return [name.toLowerCase(), value.join(':').trim()] as const;
    }),
  );
  return { status: Number(start[1]), headers, body: text.slice(end + 4) };
}
