// Docker's HEALTHCHECK: healthy when the app's own liveness check is.
const port = process.env.PORT ?? '3000';
const path = process.env.HEALTHCHECK_PATH ?? '/health/live';
try {
  const { ok } = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(2_500) });
  process.exit(ok ? 0 : 1);
} catch {
  process.exit(1);
}
