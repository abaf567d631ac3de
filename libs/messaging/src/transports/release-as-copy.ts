/** The broker's count up to which a message is handed back as it is. */
const highestCount = 5;
/** How many deliveries are kept for crashes and lost locks, below the broker's own limit. */
const headroom = 3;

/**
 * Whether a message has to be handed back as a copy, because the broker counts releases as deliveries and would give
 * the message up: `deliveryCount` deliveries ended before this one, of at most `maxDeliveryCount`.
 */
export function isReleasedAsCopy(deliveryCount: number, maxDeliveryCount: number): boolean {
  return deliveryCount + 1 > Math.min(highestCount, maxDeliveryCount - headroom);
}
