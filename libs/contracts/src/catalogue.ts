import type { Contract } from './contract.js';
import { type LegacyOrderOptions, legacyOrder } from './legacy-order.js';
import { orderAccepted } from './order-accepted.js';
import { orderCancel } from './order-cancel.js';
import { orderCancelled } from './order-cancelled.js';
import { orderPlace } from './order-place.js';
import { orderRejected } from './order-rejected.js';
import { paymentCaptured } from './payment-captured.js';
import { paymentFailed } from './payment-failed.js';
import { legacyPurchase, purchase } from './purchase.js';
import { legacyUserSignup, userSignup } from './user-signup.js';

/** Every contract of the system; a message of any other type or version is not understood. */
export function createCatalogue(options: LegacyOrderOptions): readonly Contract<unknown>[] {
  return Object.freeze([
    orderPlace,
    orderCancel,
    orderAccepted,
    orderRejected,
    orderCancelled,
    paymentCaptured,
    paymentFailed,
    userSignup,
    purchase,
    legacyOrder(options),
    legacyUserSignup,
    legacyPurchase,
  ]);
}
