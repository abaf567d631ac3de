import type { Fault } from './fault.ts';
import { TERRAFORM_FAULTS } from './terraform.ts';

/** Every seeded fault, by area. Those of one area are seeded together where they do not touch the same text. */
export const FAULTS: readonly (readonly Fault[])[] = [...TERRAFORM_FAULTS];
