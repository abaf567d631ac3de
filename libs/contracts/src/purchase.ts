import { type Activity, activity, legacyActivity } from './activity.js';

/** Somebody bought something outside the order flow. */
export type Purchase = Activity;

export const purchase = activity('purchase');
export const legacyPurchase = legacyActivity(purchase);
