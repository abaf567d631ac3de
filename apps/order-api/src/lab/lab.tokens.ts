/** Where Nest finds the `LabQueue`. */
export const LAB_QUEUE = Symbol('LAB_QUEUE');
