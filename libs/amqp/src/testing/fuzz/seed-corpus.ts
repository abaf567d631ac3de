import { CLIENTS } from '../clients.js';

/** What each client says, as bytes: its headers and frames one by one, to be damaged and cut into chunks. */
export const SESSIONS: readonly (readonly Buffer[])[] = Object.values(CLIENTS).map((client) => client().sent);
