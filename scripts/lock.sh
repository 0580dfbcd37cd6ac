#!/bin/sh
# Writes requirements.txt and requirements-dev.txt from pyproject.toml: exact versions for every platform and every Python
# from 3.11, without an index address. Versions that still match are unchanged; `lock.sh --upgrade` takes newer ones.
set -eu
cd "$(dirname "$0")/.."
tools=.cache/lock
log=.cache/lock.log

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

python=$(sh scripts/find-python.sh) || exit 1
mkdir -p .cache
[ -x "$tools/bin/uv" ] || {
    "$python" -m venv --clear "$tools" &&
        "$tools/bin/python" -m pip install --no-input --disable-pip-version-check 'uv>=0.8'
} >"$log" 2>&1 || fail "uv could not be installed: pip needs a network or proxy that reaches PyPI, unless $log names another cause."

compile() {
    "$tools/bin/uv" --no-config pip compile --quiet --universal --python "$tools/bin/python" --python-version 3.11 \
        --no-header --no-emit-index-url --no-emit-find-links pyproject.toml "$@" ||
        fail "The versions could not be resolved: uv printed the reason above. Lists that it had not written yet are unchanged."
}

compile -o requirements.txt --extra batch "$@"
# The first list constrains the second one (-c), so that the tests run with the versions that users get. No annotations:
# -c would be in nearly all of them.
compile -o requirements-dev.txt --extra batch --group dev -c requirements.txt --no-annotate "$@"
