import { Probe } from './probe.js';

/** Imported before everything that is instrumented. */
export const probe = Probe.install();
