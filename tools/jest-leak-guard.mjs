/**
 * How long a finished run may hold on to sockets, timers and processes before it counts as leaking, in ms. A request of
 * the Service Bus SDK that is under way when its connection is cut keeps a timer of 60 s, which nothing can be told to
 * end (RequestResponseLink.sendRequest in @azure/core-amqp 4.4.2).
 */
const patienceMs = 70_000;

/**
 * Jest's global teardown: a handle that somebody forgot would make Jest hang; this makes it fail, and says what is open.
 * The deadline itself keeps nothing alive: where nothing leaks, the process is gone before it passes.
 */
export default function failOnLeakedHandles() {
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(', ');
    console.error(`Something is still open ${patienceMs / 1_000} s after the last test: ${open}`);
    process.exit(1);
  }, patienceMs).unref();
}
