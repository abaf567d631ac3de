/** How long a finished run may hold on to sockets, timers and processes before it counts as leaking, in ms. */
const patienceMs = Number(process.env.LEAK_PATIENCE_MS ?? 10_000);

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
