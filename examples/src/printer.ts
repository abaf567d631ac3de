/** What packing needs from the world: labels, one for each order however often it is asked for. */
export interface Printer {
  /** @throws Error while there is no paper */
  print(orderId: string, signal: AbortSignal): Promise<string>;
}
