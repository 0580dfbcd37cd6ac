#!/bin/sh
# Prints the path of a Python 3.11 or newer that has the venv module: $PYTHON if set, else the newest one on the PATH.
# pyenv's come last: it compiles Python without optimizations unless told to, and everything takes a third more time.
# Otherwise prints what to install, and fails.
set -eu

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# Debian ships venv without ensurepip unless python3-venv is installed.
makes_venvs() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

preferred=$PATH
[ -n "${PYTHON:-}" ] || preferred=$(printf '%s' "$PATH" | tr : '\n' | grep -v '/\.*pyenv/' | paste -s -d : -)

without_venv=
for path in "$preferred" "$PATH"; do
    for name in ${PYTHON:+"$PYTHON"} python3.14 python3.13 python3.12 python3.11 python3 python; do
        candidate=$(PATH=$path; command -v "$name" || true)
        if [ -n "$candidate" ] && new_enough "$candidate"; then
            if makes_venvs "$candidate"; then
                printf '%s\n' "$candidate"
                exit 0
            fi
            without_venv=${without_venv:-$candidate}
        fi
        [ -z "${PYTHON:-}" ] || break
    done
done

if [ -n "$without_venv" ]; then
    echo "$without_venv has no venv module: install it (on Debian and Ubuntu: apt-get install python3-venv)." >&2
elif [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON is not Python 3.11 or newer: set it to one that is, or unset it." >&2
else
    echo "Python 3.11 or newer was not found: install it, or set PYTHON=/path/to/python3." >&2
fi
exit 1
