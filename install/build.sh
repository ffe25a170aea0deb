# shellcheck shell=bash
# shellcheck disable=SC2154  # install.sh sets the variables.
# Part of install.sh: which GPU to build for, and the release, tested before it is installed.

# ---------------------------------------------------------------------- GPU

# The kind of GPU that is there, as far as the tools that come with a driver tell.
find_gpu() {
    if [ "$(uname -s)" = Darwin ]; then
        echo metal
    elif have nvidia-smi && nvidia-smi -L 2>/dev/null | grep -q '^GPU'; then
        echo cuda
    elif have hipcc && have rocminfo && rocminfo 2>/dev/null | grep -q 'Device Type: *GPU'; then
        echo rocm
    elif have vulkaninfo &&
        vulkaninfo --summary 2>/dev/null | grep -q 'PHYSICAL_DEVICE_TYPE_\(DISCRETE\|INTEGRATED\)_GPU'; then
        echo vulkan
    fi
}

have_vulkan_headers() {
    local dir
    for dir in ${VULKAN_SDK:+"$VULKAN_SDK/include"} /usr/include /usr/local/include; do
        [ ! -e "$dir/vulkan/vulkan.hpp" ] || return 0
    done
    return 1
}

# What building for this kind of GPU still needs, a tool or file a word.
missing_for_gpu() {
    case $1 in
    cuda) have nvcc || [ -x "${CUDA_PATH:-/usr/local/cuda}/bin/nvcc" ] || echo nvcc ;;
    rocm) have hipcc || echo hipcc ;;
    vulkan)
        have glslc || echo glslc
        have_vulkan_headers || echo vulkan-headers
        ;;
    metal) [ "$(uname -s)" = Darwin ] || echo macOS ;;
    esac
}

gpu_packages() { # WORD...: the packages that hold them, where they are small and the system has them
    local word
    for word in "$@"; do
        case $(package_manager):$word in
        apt:glslc) echo glslc ;;
        apt:vulkan-headers) echo libvulkan-dev spirv-headers ;;
        dnf:glslc) echo glslc ;;
        dnf:vulkan-headers) echo vulkan-headers vulkan-loader-devel spirv-headers-devel ;;
        pacman:glslc) echo shaderc ;;
        pacman:vulkan-headers) echo vulkan-headers vulkan-icd-loader spirv-headers ;;
        esac
    done
}

ask() { # QUESTION: yes only when somebody at a terminal says so
    local answer
    [ -t 0 ] || return 1
    read -r -p "$1 [y/N] " answer
    case $answer in
    y | Y | yes) return 0 ;;
    *) return 1 ;;
    esac
}

# A GPU is used when somebody asks for it; what is missing for it is said and stops nothing.
prepare_gpu() {
    local found missing packages
    if [ -z "$gpu" ]; then
        [ "$native" = yes ] || return 0
        found=$(find_gpu)
        # On a Mac it costs nothing and is always there.
        if [ -z "$found" ] || [ "$found" = metal ]; then
            gpu=$found
        elif [ "$assume_yes" = yes ] || [ ! -t 0 ]; then
            note "a GPU is here and is not used; to use it: ./install.sh --gpu $found"
            return 0
        elif ask "There is a GPU for $found. Build slm for it too (takes long)?"; then
            gpu=$found
        else
            return 0
        fi
    elif [ "$gpu" = auto ]; then
        gpu=$(find_gpu)
        [ -n "$gpu" ] || warn "--gpu auto: no GPU found (nvidia-smi, rocminfo and vulkaninfo were asked)"
    fi
    [ -n "$gpu" ] || return 0
    missing=$(missing_for_gpu "$gpu")
    if [ -n "$missing" ] && [ "$install_packages" = yes ]; then
        # shellcheck disable=SC2086 # words
        packages=$(gpu_packages $missing)
        # shellcheck disable=SC2086 # words
        if [ -n "$packages" ] && ask "Building for $gpu needs ${packages//$'\n'/ }: install them?"; then
            (install_now $packages) || warn "they could not be installed"
            missing=$(missing_for_gpu "$gpu")
        fi
    fi
    if [ -n "$missing" ]; then
        warn "slm is built without $gpu; missing: $(echo "$missing" | tr '\n' ' ')"
        case $gpu in
        cuda) note "install NVIDIA's CUDA toolkit (https://developer.nvidia.com/cuda-downloads) and run this again" ;;
        rocm) note "install AMD's ROCm (https://rocm.docs.amd.com) and run this again" ;;
        vulkan) note "install glslc and the headers of Vulkan and SPIR-V, and run this again" ;;
        esac
        gpu=
        return 0
    fi
    if [ "$gpu" = cuda ] && ! have nvcc; then PATH=$PATH:${CUDA_PATH:-/usr/local/cuda}/bin; fi
    say "models will be computed on the GPU too: $gpu"
}

# ------------------------------------------------------------- the release

has_amx() { [ "$(uname -m)" = x86_64 ] && grep -qs amx_tile /proc/cpuinfo; }

# GCC before 13 miscompiles the tile set-up of ggml's AMX kernels: the first matrix product crashes.
amx_is_miscompiled() {
    local compiler=${CXX:-c++} version
    if "$compiler" --version 2>/dev/null | grep -qi clang; then return 1; fi
    version=$("$compiler" -dumpversion 2>/dev/null) || return 1
    ! version_at_least "$version" 13
}

# Builds slm in one of three ways: native, no-amx (the same without these instructions), portable.
build_release() {
    local all=$features kind=$1
    case $kind in
    native) say "building slm for this CPU (several minutes the first time)" ;;
    no-amx) say "building slm for this CPU without AMX (several minutes the first time)" ;;
    portable) say "building slm for any CPU of this kind (several minutes the first time)" ;;
    esac
    if [ -n "$gpu" ] && [ "$kind" != portable ]; then all=$all${all:+,}$gpu; fi
    if [ "$kind" = portable ]; then all=$all${all:+,}dynamic-backends; fi
    (
        unset CARGO_BUILD_TARGET
        case $kind in
        native) export SLM_BUILD=native ;;
        no-amx) export SLM_BUILD="native without AMX" ;;
        portable) export SLM_BUILD=portable ;;
        esac
        if [ "$kind" = portable ]; then
            local origin=\$ORIGIN rpath
            [ "$(uname -s)" != Darwin ] || origin=@loader_path
            rpath="-C link-arg=-Wl,-rpath,$origin/../lib/slm -C link-arg=-Wl,-rpath,$origin"
            export RUSTFLAGS="${RUSTFLAGS:+$RUSTFLAGS }$rpath"
        else
            export RUSTFLAGS="${RUSTFLAGS:+$RUSTFLAGS }-C target-cpu=native"
        fi
        if [ "$kind" = no-amx ]; then
            local flags="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
            export CFLAGS="${CFLAGS:-} $flags" CXXFLAGS="${CXXFLAGS:-} $flags"
        fi
        cargo build --release --locked --bin slm ${all:+--features "$all"} </dev/null
    ) || build_failed
    libraries=()
    if [ "$kind" = portable ]; then find_libraries; fi
}

# The shared libraries of a portable build: llama.cpp itself, under the names that the program asks for, and its
# part for each kind of CPU.
find_libraries() {
    local file out version
    libraries=()
    # Of several builds the newest: cargo keeps those with other features.
    # shellcheck disable=SC2012 # by time, and cargo names them
    out=$(ls -td "$target"/release/build/llama-cpp-sys-2-*/out/backends 2>/dev/null | head -n 1)
    [ -n "$out" ] || return 0
    out=${out%/backends}
    for file in "$out"/lib/lib{llama,ggml,ggml-base}.so.[0-9]* "$out"/lib/lib{llama,ggml,ggml-base}.[0-9]*.dylib; do
        version=${file##*.so.} && version=${version##*/lib*[a-z].} && version=${version%.dylib}
        # Names with a whole version are what these point at.
        case $version in *.*) continue ;; esac
        [ -f "$file" ] || continue
        # Beside the program, which has to run before it is installed.
        cp -L "$file" "$target/release/${file##*/}"
        libraries+=("$target/release/${file##*/}")
    done
    for file in "$out"/backends/*; do
        case $file in
        *-sapphirerapids.*)
            # The one that uses AMX.
            if amx_is_miscompiled; then rm -f -- "$file"; fi
            ;;
        esac
        [ ! -f "$file" ] || libraries+=("$file")
    done
}

# Lets the new binary compute a tiny model; fails when what it computes is wrong, or it crashes.
passes_self_test() {
    local said code=0
    said=$("$target/release/slm" __self-test </dev/null 2>&1) || code=$?
    case $code in
    0) return 0 ;;
    3)
        note "the self-test could not be run: $(printf '%s' "$said" | head -n 1)"
        return 0
        ;;
    esac
    warn "the self-test of this build failed: $(printf '%s' "$said" | head -n 1)"
    return 1
}

# The fastest build that computes correctly here.
build_and_test() {
    require_space 3000
    fetch_crates
    local kinds=portable kind
    if [ "$native" = yes ]; then
        kinds="native portable"
        if has_amx && amx_is_miscompiled; then
            note "this compiler gets AMX wrong: left out"
            kinds="no-amx portable"
        elif has_amx; then
            kinds="native no-amx portable"
        fi
    fi
    for kind in $kinds; do
        # cmake would go on with the options that it began with.
        [ "$kind" != no-amx ] || (cargo clean --release --locked -p llama-cpp-sys-2 >/dev/null 2>&1) || true
        build_release "$kind"
        if passes_self_test; then
            [ "$kind" = "${kinds%% *}" ] || warn "built $kind instead of ${kinds%% *}, which does not work here"
            return 0
        fi
    done
    warn "models cannot be used with this build: the self-test still fails (rules work without one)" \
        "please report it with the output of: slm doctor"
}

