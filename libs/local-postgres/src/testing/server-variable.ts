/** The environment variable that carries the server's URL from Jest's global setup to the processes of the specs. */
export const SERVER_VARIABLE = 'ORDERFLOW_TEST_POSTGRES_URL';
