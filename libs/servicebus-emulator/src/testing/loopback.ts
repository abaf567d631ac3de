const TURNS = 100;

/**
 * Lets what was written to the loopback arrive and be handled. On a machine however busy that
 * takes some turns of the event loop; a pause of some milliseconds can be over before the first of them.
 */
export async function loopbackDelivered(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise(setImmediate);
}
