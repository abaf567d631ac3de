export { TestIssuer, type TestToken } from './test-issuer.js';
export { fuzzHttp, type FuzzOptions, fuzzSeed } from './fuzz-http.js';
export type { FuzzedRoute } from './fuzz-requests.js';
export { type LeavingDatabase, openSilentDatabase, openStoppingDatabase } from './leaving-database.js';
export { type OpenApiDocument, routesOf } from './openapi-routes.js';
export { exchangeBytes, type RawAnswer } from './raw-http.js';
export { rowsUnder } from './rows-under.js';
export { startQuietly } from './start-quietly.js';
export { openServiceDatabase, type ServiceDatabase } from './service-database.js';
