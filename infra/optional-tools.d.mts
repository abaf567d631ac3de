/** The tools that are not on this machine. */
export declare const missingTools: readonly { readonly tool: string; readonly specs: readonly string[] }[];
export default function sayWhatIsMissing(): void;
