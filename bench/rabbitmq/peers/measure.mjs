/** Messages that are left out of the figures: until then the code is not yet compiled. */
export const warmUp = 15_000;

/**
 * Counts messages that were handled or confirmed: from the end of the warm-up to the last of `count`.
 * @returns what to call for each, and a promise of seconds and CPU time in microseconds a message
 */
export function measure(count) {
  const { promise: result, resolve } = Promise.withResolvers();
  let seen = 0;
  let start;
  const done = () => {
    seen += 1;
    if (seen === warmUp) start = { at: performance.now(), cpu: process.cpuUsage() };
    if (seen !== count) return;
    const seconds = (performance.now() - start.at) / 1_000;
    const { user, system } = process.cpuUsage(start.cpu);
    const measured = count - warmUp;
    resolve({ perSecond: measured / seconds, cpuMicros: (user + system) / measured });
  };
  return { done, result };
}

/** Calls `publish` `count` times, 100 of them at a time. */
export async function publishAll(count, publish) {
  const { done, result } = measure(count);
  let next = 0;
  const one = async () => {
    while (next < count) {
      const number = next;
      next += 1;
      await publish(number);
      done();
    }
  };
  await Promise.all(Array.from({ length: 100 }, one));
  return result;
}

/** What is published: a kilobyte of JSON. */
export function order(number) {
  const lines = Array.from({ length: 8 }, (_, line) => ({
    sku: `sku-${number}-${line}`,
    name: 'a thing of some length that people buy now and then',
    quantity: line + 1,
    unitPrice: 450,
  }));
  return { orderId: `order-${number}`, customerId: 'ada', currency: 'EUR', lines };
}
