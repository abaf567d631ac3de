/** Paths that are asked for every few seconds by machines. */
const routine = /^\/(health|metrics)(\/|$|\?)/;

/** Whether a request is one of many that nobody wants a log line or a span of. */
export function isRoutine(url: string): boolean {
  return routine.test(url);
}
