/**
 * Connections that PostgreSQL grants to applications, by size: max_connections less the 15 that Azure keeps (Azure
 * Database for PostgreSQL, "Limits").
 */
const GRANTED_CONNECTIONS: Readonly<Record<string, number>> = {
  B_Standard_B1ms: 35,
  B_Standard_B2s: 414,
  B_Standard_B2ms: 844,
  GP_Standard_D2ds_v5: 844,
  GP_Standard_D4ds_v5: 1703,
  GP_Standard_D8ds_v5: 3422,
  GP_Standard_D16ds_v5: 4985,
};

/** Connections for applications; undefined for a size that is not in the table. */
export const grantedConnections = (sku: string): number | undefined => GRANTED_CONNECTIONS[sku];
