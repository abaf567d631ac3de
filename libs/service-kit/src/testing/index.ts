export { openServiceDatabase, type ServiceDatabase } from './service-database.js';
