import { type Activity, activity, legacyActivity } from './activity.js';

/** Somebody opened an account. */
export type UserSignup = Activity;

export const userSignup = activity('user.signup');
export const legacyUserSignup = legacyActivity(userSignup);
