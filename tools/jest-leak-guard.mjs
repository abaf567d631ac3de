const PATIENCE_MS = 10_000;

/** Jest's global teardown: a handle that somebody forgot would make Jest hang; this makes it fail, and says what is open. */
export default function failOnLeakedHandles() {
  setTimeout(() => {
    console.error(
      `Something is still open ${PATIENCE_MS / 1_000} s after the last test: ${process.getActiveResourcesInfo().join(', ')}`,
    );
    process.exit(1);
  }, PATIENCE_MS).unref();
}
