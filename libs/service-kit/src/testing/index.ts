export { type LeavingDatabase, openSilentDatabase, openStoppingDatabase } from './leaving-database.js';
export { rowsUnder } from './rows-under.js';
export { openServiceDatabase, type ServiceDatabase } from './service-database.js';
