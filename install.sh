#!/usr/bin/env bash
# Builds slm and installs it below a prefix; can also show it at work, test it, and remove it again.
# Plain bash 3.2 (macOS ships no newer one). Exit codes: 0 done, 1 the tests or the demo failed,
# 2 usage, 3 something on this machine is missing or refused.
set -euo pipefail

usage() {
    cat <<'TEXT'
Builds slm and installs it.

Usage: ./install.sh [OPTIONS] [-- CARGO-TEST-ARGUMENTS]

What to do (plain: build a release and install it):
  --demo         install, then let slm repair a small failing Python project
  --test         install what the tests need, then run all tests
  --deps         only install what building and testing need
  --uninstall    remove exactly what an earlier run installed below the prefix

How:
  --prefix DIR   where to install (default: ~/.local)
  --portable     for any CPU of this architecture, not just this one: the kernels of llama.cpp are
                 shared libraries below the prefix, and the best for the CPU at hand is loaded
  --gpu KIND     compute models on a GPU too: cuda, vulkan, metal, rocm, or auto for what is found
                 here; without it you are asked when there is one, and --yes alone means no
  --languages L  read symbols of more languages: all, or some of cpp, c-sharp, kotlin, ruby, scala,
                 swift, separated by commas (C, Java, PHP, Bash and those that slm repairs are
                 always there; each of these makes the binary one to five MB larger)
  --no-deps      install no system packages; say what is missing
  --yes          ask nothing
  --help         this text
TEXT
}

say() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
warn() { # MESSAGE [MORE LINES...]
    printf 'warning: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '         %s\n' "$@" >&2
}
fail() { # CODE MESSAGE [MORE LINES...]
    local code=$1
    shift
    printf 'error: %s\n' "$1" >&2
    shift
    while [ $# -gt 0 ]; do
        printf '       %s\n' "$1" >&2
        shift
    done
    exit "$code"
}
have() { command -v "$1" >/dev/null 2>&1; }

# ------------------------------------------------------------------ options

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
prefix=
want_install=yes want_demo=no want_test=no want_deps=no want_uninstall=no
native=yes install_packages=yes assume_yes=no features='' gpu=''
test_arguments=() libraries=()

# Turns "cpp,swift" into the features of Cargo.toml.
choose_languages() {
    local name
    for name in $(printf '%s' "$1" | tr ',' ' '); do
        case $name in
        all) features="all-languages" && return ;;
        cpp | c-sharp | kotlin | ruby | scala | swift) features="$features${features:+,}lang-$name" ;;
        *) fail 2 "unknown language: $name" "./install.sh --help lists them" ;;
        esac
    done
}

choose_gpu() {
    case $1 in
    cuda | vulkan | metal | rocm | auto) gpu=$1 ;;
    *) fail 2 "unknown kind of GPU: $1" "one of cuda, vulkan, metal, rocm, auto" ;;
    esac
}

parse_options() {
    while [ $# -gt 0 ]; do
        case $1 in
        --prefix)
            [ $# -ge 2 ] || fail 2 "--prefix needs a directory"
            prefix=$2
            shift
            ;;
        --prefix=*) prefix=${1#--prefix=} ;;
        --demo) want_demo=yes ;;
        --test) want_test=yes ;;
        --deps) want_deps=yes ;;
        --uninstall) want_uninstall=yes ;;
        --portable) native=no ;;
        --gpu)
            [ $# -ge 2 ] || fail 2 "--gpu needs a kind: cuda, vulkan, metal, rocm or auto"
            choose_gpu "$2"
            shift
            ;;
        --gpu=*) choose_gpu "${1#--gpu=}" ;;
        --languages)
            [ $# -ge 2 ] || fail 2 "--languages needs a list"
            choose_languages "$2"
            shift
            ;;
        --languages=*) choose_languages "${1#--languages=}" ;;
        --no-deps) install_packages=no ;;
        --yes | -y) assume_yes=yes ;;
        --help | -h)
            usage
            exit 0
            ;;
        --)
            shift
            test_arguments=("$@")
            break
            ;;
        *) fail 2 "unknown option: $1" "./install.sh --help lists the options" ;;
        esac
        shift
    done
    if [ "$want_demo" = no ] && { [ "$want_test" = yes ] || [ "$want_deps" = yes ]; }; then
        want_install=no
    fi
    if [ -n "$gpu" ] && [ "$native" = no ]; then
        fail 2 "--gpu and --portable do not go together" "a GPU's libraries are those of this machine"
    fi
    if [ "$want_uninstall" = yes ] && [ "$want_demo$want_test$want_deps" != nonono ]; then
        fail 2 "--uninstall goes with no other task"
    fi
    if [ -z "$prefix" ]; then
        [ -n "${HOME:-}" ] || fail 2 "HOME is not set: say where to install with --prefix DIR"
        prefix=$HOME/.local
    fi
    case $prefix in
    /*) ;;
    *) prefix=$PWD/$prefix ;;
    esac
    case $prefix in
    *$'\n'* | */../* | */..) fail 2 "--prefix must not contain '..' or a line break" ;;
    esac
    while [ "${prefix%/}" != "$prefix" ] && [ "$prefix" != / ]; do prefix=${prefix%/}; done
    manifest=${prefix%/}/share/slm/install-manifest
}

# ---------------------------------------------------------- system packages

package_manager() {
    if [ "$(uname -s)" = Darwin ]; then
        echo brew
    elif have apt-get; then
        echo apt
    elif have dnf; then
        echo dnf
    elif have pacman; then
        echo pacman
    else
        echo none
    fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Asks once, and only where packages would be installed through sudo on a terminal; then makes sure
# of the right to install them, so that what follows can run with its output in a log.
may_install() {
    if [ "$(id -u)" -eq 0 ] || [ "$(package_manager)" = brew ]; then
        return 0
    fi
    have sudo || fail 3 "missing, and there is neither root nor sudo here to install them: $*"
    if [ ! -t 0 ]; then
        sudo -n true 2>/dev/null ||
            fail 3 "sudo wants a password and there is no terminal; install these first: $*"
        return 0
    fi
    if [ "$assume_yes" = no ]; then
        local answer
        read -r -p "Install with sudo: $*? [Y/n] " answer
        case $answer in
        "" | y | Y | yes) ;;
        *) fail 3 "not installed; install these yourself, or see --no-deps: $*" ;;
        esac
    fi
    sudo -v || fail 3 "sudo refused; install these first: $*"
}

# Runs a package manager with its chatter in a log that is shown when it fails.
quietly() {
    "$@" </dev/null >"$work/packages.log" 2>&1 || {
        tail -n 20 "$work/packages.log" >&2
        return 1
    }
}

apt_install() {
    local install=(as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends)
    if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
        quietly as_root apt-get update || return 1
    fi
    # Stale lists name files that the mirror has dropped since: refresh them and try once more.
    quietly "${install[@]}" "$@" ||
        { quietly as_root apt-get update && quietly "${install[@]}" "$@"; }
}

pacman_install() {
    local sync=-S
    # A fresh container has no package lists; where there are some, refreshing them alone would ask
    # for a partial upgrade, which Arch does not support.
    ls /var/lib/pacman/sync/*.db >/dev/null 2>&1 || sync=-Sy
    quietly as_root pacman "$sync" --needed --noconfirm "$@"
}

install_now() {
    case $(package_manager) in
    apt) apt_install "$@" ;;
    dnf) quietly as_root dnf install -y "$@" ;;
    pacman) pacman_install "$@" ;;
    brew)
        have brew || fail 3 "missing: $*" "install Homebrew (https://brew.sh) or these by hand"
        quietly brew install "$@"
        ;;
    none) fail 3 "no package manager known here (apt, dnf, pacman, brew)" "install by hand: $*" ;;
    esac
}

# The package that holds a tool; nothing where the platform has none.
package_of() {
    case $(package_manager):$1 in
    apt:c++) echo g++ ;;
    dnf:c++) echo gcc-c++ ;;
    pacman:c++) echo gcc ;;
    brew:c++ | brew:make | brew:strace) ;;
    apt:libclang) echo libclang-dev ;;
    dnf:libclang) echo clang-devel ;;
    pacman:libclang) echo clang ;;
    brew:libclang) echo llvm ;;
    apt:venv) echo python3-venv ;;
    *:venv) ;;
    pacman:python3 | brew:python3) echo python ;;
    apt:node | dnf:node | pacman:node) echo nodejs ;;
    brew:npm) echo node ;;
    apt:go) echo golang-go ;;
    dnf:go) echo golang ;;
    dnf:shellcheck) echo ShellCheck ;;
    *) echo "$1" ;;
    esac
}

# libclang itself, and the headers that belong to it: without them bindgen finds no stddef.h.
have_libclang() {
    [ -z "${LIBCLANG_PATH:-}" ] || return 0
    local file
    for file in /Library/Developer/CommandLineTools/usr/lib/libclang.dylib \
        /Applications/Xcode.app/Contents/Developer/Toolchains/*/usr/lib/libclang.dylib \
        /opt/homebrew/opt/llvm/lib/libclang.dylib /usr/local/opt/llvm/lib/libclang.dylib; do
        [ ! -e "$file" ] || return 0
    done
    local library=no headers=no
    for file in /usr/lib/libclang.so* /usr/lib64/libclang.so* /usr/local/lib/libclang.so* \
        /usr/lib/*/libclang.so* /usr/lib/*/libclang-[0-9]*.so* \
        /usr/lib/llvm*/lib/libclang.so* /usr/lib64/llvm*/lib*/libclang.so*; do
        [ ! -e "$file" ] || library=yes
    done
    for file in /usr/lib/clang/*/include/stddef.h /usr/lib64/clang/*/include/stddef.h \
        /usr/lib/llvm*/lib/clang/*/include/stddef.h; do
        [ ! -e "$file" ] || headers=yes
    done
    [ "$library$headers" = yesyes ]
}

have_tool() {
    case $1 in
    c++) have c++ || have g++ || have clang++ ;;
    libclang) have_libclang ;;
    venv) have python3 && python3 -c 'import ensurepip, venv' >/dev/null 2>&1 ;;
    *) have "$1" ;;
    esac
}

# Makes sure of tools: KIND is "needed" (stop without them) or "wanted" (warn and go on).
ensure() {
    local kind=$1 tool package
    shift
    local missing=() packages=()
    for tool in "$@"; do
        have_tool "$tool" && continue
        missing+=("$tool")
        package=$(package_of "$tool")
        [ -z "$package" ] || packages+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$install_packages" = no ]; then
        warn "missing, and not installed because of --no-deps: ${missing[*]}"
        return 0
    fi
    if [ ${#packages[@]} -gt 0 ]; then
        may_install "${packages[@]}"
        say "installing system packages: ${packages[*]}"
        if [ "$kind" = needed ]; then
            install_now "${packages[@]}" || fail 3 "these packages could not be installed: ${packages[*]}" \
                "is the network reachable? Install them by hand and run this again."
        elif ! (install_now "${packages[@]}"); then
            # One that this system does not have must not keep the others away.
            for package in "${packages[@]}"; do
                (install_now "$package") || warn "$package could not be installed"
            done
        fi
    fi
    for tool in "${missing[@]}"; do
        have_tool "$tool" && continue
        [ "$kind" = wanted ] || fail 3 "still missing: $tool"
        warn "no $tool: the tests that need it are skipped"
    done
}

ensure_build_tools() {
    if [ "$(uname -s)" = Darwin ] && ! xcode-select -p >/dev/null 2>&1; then
        fail 3 "the command line tools of Xcode are missing" "run: xcode-select --install"
    fi
    ensure needed c++ make cmake libclang
}

ensure_test_tools() {
    ensure needed python3 venv
    ensure wanted node npm go git tmux shellcheck
    [ "$(uname -s)" != Linux ] || ensure wanted strace
}

# --------------------------------------------------------------------- Rust

# True when version $1 is at least $2, by their first three numbers.
version_at_least() {
    local i left right
    local -a got want
    IFS=. read -r -a got <<<"$1"
    IFS=. read -r -a want <<<"$2"
    for i in 0 1 2; do
        left=${got[i]:-0} right=${want[i]:-0}
        left=${left%%[!0-9]*} right=${right%%[!0-9]*}
        [ "${left:-0}" -eq "${right:-0}" ] || {
            [ "${left:-0}" -gt "${right:-0}" ]
            return
        }
    done
}

rust_hint() {
    case $(package_manager) in
    apt) echo "or, where the distribution has it: apt-get install rustup && rustup default stable" ;;
    dnf) echo "or: dnf install rustup && rustup-init -y" ;;
    pacman) echo "or: pacman -S rustup && rustup default stable" ;;
    brew) echo "or: brew install rustup && rustup default stable" ;;
    none) echo "or your system's package, when it is recent enough" ;;
    esac
}

ensure_cargo() {
    local wanted found
    wanted=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' Cargo.toml)
    if ! have cargo && [ -x "${CARGO_HOME:-${HOME:-/}/.cargo}/bin/cargo" ]; then
        PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
    fi
    have cargo || fail 3 "there is no cargo here; slm needs Rust $wanted or newer" \
        "install it with rustup (https://rustup.rs; the minimal profile is enough)" "$(rust_hint)" \
        "then open a new shell and run this again"
    found=$(cargo --version | sed -n 's/^cargo \([0-9.]*\).*/\1/p') ||
        fail 3 "cargo does not run" "try: rustup default stable"
    version_at_least "${found:-0}" "$wanted" || fail 3 "cargo ${found:-?} is too old; slm needs Rust $wanted or newer" \
        "with rustup: rustup update stable" "else install rustup: https://rustup.rs" "$(rust_hint)"
}

target_directory() {
    cargo metadata --format-version 1 --no-deps --offline 2>/dev/null |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

free_mebibytes() { # of the file system that holds $1 or its nearest existing parent
    local dir=$1
    while [ ! -d "$dir" ]; do dir=$(dirname "$dir"); done
    df -Pk "$dir" | awk 'NR == 2 { print int($4 / 1024) }'
}

require_space() { # MEBIBYTES: a first build writes this much; a later one far less
    local free
    free=$(free_mebibytes "$target")
    if [ ! -d "$target" ] && [ "${free:-0}" -lt "$1" ]; then
        fail 3 "a build needs about $1 MiB and $(dirname "$target") has $free MiB free" \
            "make room, or build elsewhere: CARGO_TARGET_DIR=/somewhere ./install.sh"
    fi
}

fetch_crates() {
    local host
    host=$(rustc -vV 2>/dev/null | sed -n 's/^host: //p')
    cargo fetch --locked ${host:+--target "$host"} </dev/null ||
        fail 3 "the crates that slm is built from could not be downloaded" \
            "is the network reachable, and does a proxy have to be named (https_proxy)?" \
            "where crates come from a mirror or a vendored copy, say so in ~/.cargo/config.toml"
}

build_failed() {
    local free
    free=$(free_mebibytes "$target")
    [ "${free:-9999}" -ge 200 ] || fail 3 "the build failed and the disk is full ($free MiB free)" \
        "make room, or build elsewhere: CARGO_TARGET_DIR=/somewhere ./install.sh"
    fail 3 "the build failed; the reason stands above" \
        "when a compiler was killed, memory ran out: CARGO_BUILD_JOBS=1 ./install.sh needs less"
}

# The GPU and the release.
# shellcheck source=install/build.sh
. "$root/install/build.sh"

# ------------------------------------------------- installing and the manifest

# The manifest lists what was written, one absolute path a line: "f" a file, "d" a directory that
# was not there before. Entries are added before the file is written, so that even an interrupted
# installation can be removed.

in_manifest() { # LINE FILE
    grep -Fxq -- "$1" "$2" 2>/dev/null
}

record() { # KIND PATH
    in_manifest "$1 $2" "$work/new" || printf '%s %s\n' "$1" "$2" >>"$work/new"
    if [ -f "$manifest" ]; then
        in_manifest "$1 $2" "$manifest" || printf '%s %s\n' "$1" "$2" >>"$manifest"
    fi
}

make_dir() {
    [ ! -d "$1" ] || return 0
    make_dir "$(dirname "$1")"
    mkdir "$1" || fail 3 "cannot write below $prefix" "choose another place with --prefix DIR"
    record d "$1"
}

put() { # MODE SOURCE DESTINATION
    local destination=$3
    if { [ -e "$destination" ] || [ -L "$destination" ]; } && ! in_manifest "f $destination" "$work/old"; then
        fail 3 "$destination exists and this script did not write it" \
            "move it away, or install elsewhere with --prefix DIR"
    fi
    make_dir "$(dirname "$destination")"
    record f "$destination"
    # Beside it and renamed: a running slm keeps its file, and there is never half a binary.
    rm -f "$destination.new"
    if ! { cp "$2" "$destination.new" && chmod "$1" "$destination.new" &&
        mv -f "$destination.new" "$destination"; }; then
        rm -f "$destination.new"
        fail 3 "cannot write $destination" "choose another place with --prefix DIR"
    fi
}

begin_manifest() {
    : >"$work/new"
    : >"$work/old"
    if [ -f "$manifest" ]; then
        cp "$manifest" "$work/old"
    else
        make_dir "$(dirname "$manifest")"
        { echo "# slm install manifest 1" && cat "$work/new"; } >"$manifest"
    fi
}

finish_manifest() {
    local kind path
    while read -r kind path; do
        if [ "$kind" = f ] && ! in_manifest "f $path" "$work/new" && inside_prefix "$path"; then
            rm -f -- "$path"
        fi
    done <"$work/old"
    {
        echo "# slm install manifest 1"
        cat "$work/old" "$work/new" | grep '^d ' | sort -u || true
        grep '^f ' "$work/new" | sort
    } >"$manifest.new"
    mv -f "$manifest.new" "$manifest"
}

inside_prefix() {
    case $1 in
    */../* | */..) return 1 ;;
    "${prefix%/}"/*) return 0 ;;
    *) return 1 ;;
    esac
}

install_files() {
    local binary=$target/release/slm file share=${prefix%/}/share
    local library
    case $("$binary" --version </dev/null) in
    "slm "*) ;;
    *) fail 3 "the build left no working $binary" ;;
    esac
    say "installing below $prefix"
    begin_manifest
    put 755 "$binary" "${prefix%/}/bin/slm"
    for library in ${libraries[@]+"${libraries[@]}"}; do
        put 644 "$library" "${prefix%/}/lib/slm/${library##*/}"
    done

    "$binary" completions bash >"$work/bash" </dev/null
    "$binary" completions zsh >"$work/zsh" </dev/null
    "$binary" completions fish >"$work/fish" </dev/null
    put 644 "$work/bash" "$share/bash-completion/completions/slm"
    put 644 "$work/zsh" "$share/zsh/site-functions/_slm"
    put 644 "$work/fish" "$share/fish/vendor_completions.d/slm.fish"

    mkdir -p "$work/man"
    "$binary" man --out "$work/man" </dev/null
    for file in "$work"/man/*.1; do
        [ ! -f "$file" ] || put 644 "$file" "$share/man/man1/${file##*/}"
    done
    for file in README.md CHANGELOG.md LICENSE-* docs/*.md; do
        [ ! -f "$file" ] || put 644 "$file" "$share/doc/slm/$file"
    done
    for file in models/*.gguf models/*.toml; do
        [ ! -f "$file" ] || put 644 "$file" "$share/slm/$file"
    done
    finish_manifest
    note "$("${prefix%/}/bin/slm" --version </dev/null)"
    note "$(grep -c '^f ' "$manifest") files; ./install.sh --uninstall --prefix '$prefix' removes them"
    case :${PATH}: in
    *":${prefix%/}/bin:"*) ;;
    *) warn "${prefix%/}/bin is not on your PATH; add to your shell's start-up file:
         export PATH=\"${prefix%/}/bin:\$PATH\"" ;;
    esac
}

uninstall() {
    [ -f "$manifest" ] || {
        say "nothing to remove: $manifest is not there"
        return 0
    }
    local kind path removed=0
    head -n 1 "$manifest" | grep -q '^# slm install manifest 1$' ||
        fail 3 "$manifest is not a manifest of this script; nothing removed"
    while read -r kind path; do
        if [ "$kind" = f ] && ! inside_prefix "$path"; then
            fail 3 "$manifest names a file outside $prefix: $path" "nothing removed"
        fi
    done <"$manifest"
    while read -r kind path; do
        [ "$kind" = f ] || continue
        if [ -e "$path" ] || [ -L "$path" ]; then
            rm -f -- "$path" || fail 3 "cannot remove $path"
            removed=$((removed + 1))
        fi
    done <"$manifest"
    cp "$manifest" "$work/old"
    rm -f -- "$manifest"
    # Children sort behind their parents; a directory that holds something else stays.
    grep '^d ' "$work/old" | sort -r | while read -r kind path; do
        rmdir "$path" 2>/dev/null || true
    done
    say "removed $removed files below $prefix"
}

# -------------------------------------------------------------------- tests

# pytest, Jest, Mocha, Vitest and TypeScript at pinned versions, in target/test-env; tests/support finds them there.
prepare_test_env() {
    local env=$target/test-env
    mkdir -p "$env"
    if ! cmp -s tests/requirements.txt "$env/requirements.done" || ! "$env/bin/python3" -c 'import pytest' 2>/dev/null; then
        say "making the tests' Python environment"
        rm -rf "$env"/pyvenv.cfg "${env:?}"/{bin,lib,lib64,include}
        if ! { python3 -m venv "$env" &&
            "$env/bin/python3" -m pip install --quiet --disable-pip-version-check --no-input \
                -r tests/requirements.txt </dev/null; }; then
            fail 3 "pytest could not be installed for the tests" "is the network reachable?"
        fi
        cp tests/requirements.txt "$env/requirements.done"
    fi
    if have npm && ! cmp -s tests/js-tools/package-lock.json "$env/js/package-lock.done"; then
        say "installing the tests' JavaScript tools"
        mkdir -p "$env/js"
        cp tests/js-tools/package.json tests/js-tools/package-lock.json "$env/js/"
        if (cd "$env/js" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null); then
            cp tests/js-tools/package-lock.json "$env/js/package-lock.done"
        else
            warn "Jest, Mocha and Vitest could not be installed: the tests that need them are skipped"
        fi
    fi
}

run_tests() {
    require_space 6000
    fetch_crates
    say "running the tests (a first build takes several minutes)"
    cargo test --locked --features all-languages ${test_arguments[@]+"${test_arguments[@]}"} </dev/null ||
        fail 1 "the tests failed, or did not build; the reason stands above"
}

# --------------------------------------------------------------------- demo

demo() {
    local slm=${prefix%/}/bin/slm project=$work/inventory before
    have python3 || ensure needed python3
    mkdir "$project"
    cp -R demo/. "$project/"
    before=$(cd "$project" && cksum tests/*.py)

    say "a small project whose tests fail: python3 -m unittest -q"
    if (cd "$project" && PYTHONDONTWRITEBYTECODE=1 python3 -m unittest -q </dev/null); then
        fail 1 "the demo project passes before slm touched it"
    fi
    say "slm fix --yes -- python3 -m unittest -q"
    # The project vanishes with the demo, and so does what slm remembers of it.
    (cd "$project" && XDG_STATE_HOME=$work/state "$slm" fix --yes -- python3 -m unittest -q </dev/null) ||
        fail 1 "slm did not fix the demo project (exit code $?)"
    if diff -r -x __pycache__ demo "$project" >/dev/null; then
        fail 1 "slm claims a fix and changed nothing"
    fi
    [ "$before" = "$(cd "$project" && cksum tests/*.py)" ] || fail 1 "slm changed the tests"
    say "the same command again"
    (cd "$project" && PYTHONDONTWRITEBYTECODE=1 python3 -m unittest -q </dev/null) ||
        fail 1 "the demo project still fails"
    say "fixed: it failed before and passes now, with its tests untouched"
}

# --------------------------------------------------------------------- main

main() {
    parse_options "$@"
    cd "$root"
    work=$(mktemp -d "${TMPDIR:-/tmp}/slm-install.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    if [ "$want_uninstall" = yes ]; then
        uninstall
        return
    fi
    ensure_build_tools
    if [ "$want_test" = yes ] || [ "$want_deps" = yes ]; then ensure_test_tools; fi
    ensure_cargo
    target=$(target_directory)
    [ -n "$target" ] || fail 3 "cargo cannot read $root/Cargo.toml"
    if [ "$want_test" = yes ] || [ "$want_deps" = yes ]; then prepare_test_env; fi
    if [ "$want_test" = yes ]; then run_tests; fi
    if [ "$want_install" = yes ]; then
        prepare_gpu
        build_and_test
        install_files
    fi
    if [ "$want_demo" = yes ]; then demo; fi
}

main "$@"
