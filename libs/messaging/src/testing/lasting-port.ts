import { createServer } from 'node:net';

/** Systems hand out the ports from 32,768 (Linux) or 49,152 on to whoever asks for any. */
const FIRST = 10_000;
const COUNT = 20_000;
/** How far apart processes with neighbouring ids begin. */
const STEP = 16;

let next = 0;

/**
 * A port on 127.0.0.1 that is free and stays so, for a server that begins to listen later, or stops and comes back: it
 * is not among those that the system gives to other tests meanwhile, and each test process begins at one of its own.
 */
export async function lastingPort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries += 1) {
    const port = FIRST + ((process.pid * STEP + next) % COUNT);
    next += 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`Every port from ${FIRST} to ${FIRST + COUNT - 1} is taken.`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
