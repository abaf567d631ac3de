#!/bin/sh
# Brings every app's database up to date, one after the other, before any app starts.
set -eu
for app in order-api order-worker billing-worker analytics-worker; do
  DATABASE_URL="$POSTGRES_URL/$(echo "$app" | tr - _)" orderflow migrate "$app"
done
