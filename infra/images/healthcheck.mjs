// Docker's HEALTHCHECK: healthy when the app's own liveness check is, or (HEALTHCHECK_TCP_PORT) when the port accepts.
import { connect } from 'node:net';

const { PORT = '3000', HEALTHCHECK_PATH = '/health/live', HEALTHCHECK_TCP_PORT } = process.env;
/** Less than the timeout in the Dockerfile; enough for a machine that is busy with something else. */
const patienceMs = 9_000;

process.exitCode = (await (HEALTHCHECK_TCP_PORT ? accepts(Number(HEALTHCHECK_TCP_PORT)) : answers())) ? 0 : 1;

async function answers() {
  const url = `http://127.0.0.1:${PORT}${HEALTHCHECK_PATH}`;
  return fetch(url, { signal: AbortSignal.timeout(patienceMs) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: patienceMs });
    const end = (accepted) => {
      socket.destroy();
      resolve(accepted);
    };
    socket
      .on('connect', () => end(true))
      .on('error', () => end(false))
      .on('timeout', () => end(false));
  });
}
