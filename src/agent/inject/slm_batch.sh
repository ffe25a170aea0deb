# shellcheck shell=sh
# slm's batch check: builds one program that holds many candidates, and runs each of them.
#
#   sh slm_batch.sh KIND BUILD...
#
# BUILD is the command that builds it. `arms.txt` in the side directory lists the candidates, one
# number a line, `args.txt` the arguments of the tests. What comes back is `build.txt`, the compiler's
# output, and, when it has built, `results.txt`: for each candidate its number, the exit status, and
# how many tests passed. Candidate 0 is the original, and the measure for the time of the others.
set -u
kind=$1
shift
side=$SLM_SIDE
command -v timeout > /dev/null || exit 9

case $kind in
cargo)
    "$@" > "$side/build.txt" 2> "$side/messages.txt" || exit 7
    if grep -q '"test":true' "$side/build.txt"; then
        grep '"test":true' "$side/build.txt"
    else
        cat "$side/build.txt"
    fi | sed -n 's|.*"manifest_path":"\([^"]*\)/Cargo.toml".*"executable":"\([^"]*\)".*|\1:\2|p' > "$side/programs.txt"
    passed=' \.\.\. ok$'
    ;;
go)
    : > "$side/programs.txt"
    number=0
    while IFS= read -r package; do
        number=$((number + 1))
        "$@" -o "$side/program$number" "$package" > "$side/build.txt" 2>&1 || exit 7
        directory=$(go list -f '{{.Dir}}' "$package") || exit 7
        echo "$directory:$side/program$number" >> "$side/programs.txt"
    done < "$side/packages.txt"
    passed='^--- PASS'
    ;;
esac

set --
while IFS= read -r word; do
    set -- "$@" "$word"
done < "$side/args.txt"

export RUST_BACKTRACE=0
# The arms of one function share its frame, which is that much larger.
export RUST_MIN_STACK=67108864

attempt() {
    status=0
    count=0
    while IFS=: read -r directory program; do
        cd "$directory" || exit 8
        (
            export SLM_ARM="$arm" CARGO_MANIFEST_DIR="$directory"
            # No output is worth filling the disk for.
            ulimit -f 65536
            exec timeout -s KILL "$limit" "$program" "$@"
        ) < /dev/null > "$side/out.txt" 2>&1
        status=$?
        count=$((count + $(grep -c "$passed" "$side/out.txt")))
        [ "$status" = 0 ] || break
    done < "$side/programs.txt"
    echo "$arm $status $count" >> "$side/results.txt"
}

arm=0
limit=$SLM_LIMIT
began=$(date +%s%N)
attempt "$@"
# In milliseconds, four times what the original takes.
spent=$((($(date +%s%N) - began) / 250000))
if [ "$status" != 137 ]; then
    [ "$spent" -ge 500 ] || spent=500
    limit=$((spent / 1000)).$(printf '%03d' $((spent % 1000)))
fi
while read -r arm; do
    attempt "$@"
done < "$side/arms.txt"
