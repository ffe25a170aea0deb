#!/bin/sh
# slm @STAGE@ hook, written by `slm hook install`; `slm hook uninstall` takes it away.
# It needs nothing of PATH: programs with windows start git with a bare one.
slm=@SLM@
before=${0%/*}/@STAGE@.before-slm

# The hook that was here first goes first, and its answer counts.
if [ -x "$before" ]; then
    "$before" "$@" || exit $?
fi
[ "${SLM_SKIP:-}" = 1 ] && exit 0
if [ ! -x "$slm" ]; then
    slm=$(command -v slm 2>/dev/null) || {
        echo "slm is not where it was: nothing was reviewed (slm hook install, or remove $0)" >&2
        exit 0
    }
fi
"$slm" hook run @STAGE@ -- "$@"
# 1 is a finding that blocks. Anything else is trouble of slm's own, which must not stop anybody's work.
[ $? -eq 1 ] && exit 1
exit 0
