#!/bin/bash
# PID 1 of the PostgreSQL stand-in: makes the cluster in a new volume, runs the SQL files of
# /docker-entrypoint-initdb.d in it once, and becomes the server.
set -euo pipefail
user=${POSTGRES_USER:-postgres}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?Set POSTGRES_PASSWORD}"
  initdb --username "$user" --pwfile <(printf '%s' "$POSTGRES_PASSWORD") --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --locale C.UTF-8
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl --wait --options "-c listen_addresses=''" start
  [ "$user" = postgres ] || createdb --username "$user" "$user"
  for file in /docker-entrypoint-initdb.d/*.sql; do
    psql --username "$user" --dbname "$user" --set ON_ERROR_STOP=1 --file "$file"
  done
  pg_ctl --wait stop
fi
exec postgres -c listen_addresses='*'
