#!/bin/sh
# Checks the types of the page's scripts with TypeScript, which npm installs into .cache.
set -eu
cd "$(dirname "$0")/.."
version=5.9.3
folder=.cache/typescript-$version
log=.cache/typescript.log

node=$(sh scripts/find-node.sh)
if [ ! -f "$folder/.ready" ]; then
    mkdir -p "$folder"
    npm install --prefix "$folder" --no-save --no-package-lock --no-audit --no-fund --ignore-scripts "typescript@$version" >"$log" 2>&1 || {
        echo "TypeScript could not be installed: npm needs a network or proxy that reaches its registry, unless $log names another cause." >&2
        exit 1
    }
    : >"$folder/.ready"
fi
exec "$node" "$folder/node_modules/typescript/bin/tsc" --project jimeng_app/page/scripts/jsconfig.json
