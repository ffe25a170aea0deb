#!/bin/sh
# Build llama-bench from the very sources of llama.cpp that slm is built from, with the same options,
# so that `slm bench --against` compares two front ends of one library.
#
#     build_llama_bench.sh SOURCES TOOL BUILD [CMAKE_OPTION ...]
#
# SOURCES: the llama.cpp that slm compiles: the folder `llama.cpp` of the crate llama-cpp-sys-2.
# TOOL:    a folder tools/llama-bench of about the same time: the crate leaves the tools out. The source
#          distribution of the Python package llama-cpp-python has one, below vendor/llama.cpp.
# BUILD:   where to build; the program is BUILD/llama-bench.
#
# For an slm that was built with `-C target-cpu=native` add -DGGML_NATIVE=ON.
set -eu

if [ $# -lt 3 ]; then
    sed -n '2,15s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
sources=$(cd "$1" && pwd)
tool=$(cd "$2" && pwd)
mkdir -p "$3"
build=$(cd "$3" && pwd)
shift 3

cat >"$build/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.14...3.28)
project(llama_bench C CXX)
add_subdirectory("$sources" llama.cpp)
add_executable(llama-bench "$tool/llama-bench.cpp" "$tool/main.cpp")
target_compile_features(llama-bench PRIVATE cxx_std_17)
target_link_libraries(llama-bench PRIVATE llama-common llama)
set_target_properties(llama-bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY "$build")
CMAKE

# What the crate's build.rs defines, and the flags that cargo's cmake adds.
flags="-ffunction-sections -fdata-sections -fPIC -w"
cmake -S "$build" -B "$build/cmake" \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" \
    -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=OFF -DGGML_OPENMP=ON -DGGML_LLAMAFILE=ON \
    -DLLAMA_BUILD_COMMON=ON -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
    -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_APP=OFF \
    -DGGML_VULKAN=OFF -DGGML_CUDA=OFF -DGGML_WEBGPU=OFF "$@"
cmake --build "$build/cmake" --target llama-bench --parallel "${JOBS:-2}"
