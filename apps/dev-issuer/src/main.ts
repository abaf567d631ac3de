import { type AllowList, AllowListError, createAllowList, listenedName, splitList } from '@orderflow/http-guard';
import { createIssuer } from './issuer.js';

const {
  PORT = '3005',
  HOST = '127.0.0.1',
  ISSUER = `http://localhost:${PORT}`,
  AUDIENCE = 'orderflow',
  CLIENT_ID = 'orderflow',
  CLIENT_SECRET = 'local-only',
  TOKEN_LIFETIME_SECONDS = '3600',
  ALLOWED_HOSTS = '',
  ALLOWED_ORIGINS = '',
} = process.env;

const issuer = await createIssuer({
  issuer: ISSUER,
  audience: AUDIENCE,
  client: { id: CLIENT_ID, secret: CLIENT_SECRET },
  lifetimeS: lifetime(),
  allowed: readAllowList(),
  refused: ({ detail }) => void process.stdout.write(`A request was refused. ${detail}\n`),
});
const url = await issuer.listen({ port: Number(PORT), host: HOST });
process.stdout.write(
  `development issuer ${ISSUER} listens on ${url}; it gives tokens to whoever asks: local use only\n`,
);

let stopping: Promise<never> | undefined;
/** Exits by itself: a supervisor's channel would keep the process alive. The same signal may come twice. */
const stop = (): void => {
  stopping ??= issuer.close().then(() => process.exit(0));
};
for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(event, stop);

function lifetime(): number {
  const seconds = Number(TOKEN_LIFETIME_SECONDS);
  return Number.isSafeInteger(seconds) && seconds >= 1 ? seconds : refuse('TOKEN_LIFETIME_SECONDS must be 1 or more.');
}

function readAllowList(): AllowList {
  try {
    return createAllowList([...splitList(ALLOWED_HOSTS), ...listenedName(HOST)], splitList(ALLOWED_ORIGINS));
  } catch (error) {
    if (!(error instanceof AllowListError)) throw error;
    return refuse(`ALLOWED_HOSTS and ALLOWED_ORIGINS are not usable.\n${error.message}`);
  }
}

/** Ends the process with what is wrong. */
function refuse(problem: string): never {
  process.stderr.write(`development issuer: ${problem}\n`);
  return process.exit(1);
}
