#!/bin/sh
# The `orderflow` command of the images.
exec node --enable-source-maps /app/main.mjs "$@"
