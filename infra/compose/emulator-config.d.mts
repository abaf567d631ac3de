/** A copy within the limits of Microsoft's emulator. */
export function withinEmulatorLimits(config: object): object;
/** What that emulator would refuse, one line each. */
export function problemsOf(config: object): string[];
