import { fstatSync } from 'node:fs';

/** How long a finished run may take to close its sockets, servers and child processes before they count as leaked, in ms. */
const closingMs = 10_000;
const checkEveryMs = 250;

/**
 * Jest's global teardown: a handle that somebody forgot would make Jest hang; this makes it fail, and says what is open.
 * A timer alone holds nothing back: a request of the Service Bus SDK whose connection was cut keeps one of 60 s, which
 * nothing can be told to end (RequestResponseLink.sendRequest in @azure/core-amqp 4.4.2). The checks themselves keep
 * nothing alive: where nothing is open, the process is gone before the first.
 */
export default function failOnLeakedHandles() {
  const deadline = performance.now() + closingMs;
  setInterval(() => {
    const open = openResources();
    // Jest has set the exit code of its results by now, or does so as the process ends.
    if (open.length === 0) process.exit();
    if (performance.now() < deadline) return;
    console.error(`Still open ${closingMs / 1_000} s after the last test: ${open.join(', ')}`);
    process.exit(1);
  }, checkEveryMs).unref();
}

/** What keeps this process alive, apart from timers and from its own output. */
function openResources() {
  let ownPipes = [1, 2].filter(isPipe).length;
  return process
    .getActiveResourcesInfo()
    .filter((name) => name !== 'Timeout' && name !== 'Immediate' && !(name === 'PipeWrap' && ownPipes-- > 0));
}

function isPipe(descriptor) {
  const file = fstatSync(descriptor);
  return file.isFIFO() || file.isSocket();
}
