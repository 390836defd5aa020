#!/usr/bin/env bash
# Builds the peer, llama.cpp, for this CPU from the sources that its Python package carries, so that a ratio compares two
# programs built on the machine they run on. About 9 CPU minutes.
#
#   tools/bench/build_peer.sh FOLDER      the programs are then in FOLDER/build/bin
set -euo pipefail
version=0.3.36
folder=${1:?usage: tools/bench/build_peer.sh FOLDER}
mkdir -p "$folder"
cd "$folder"
source_folder=llama_cpp_python-$version/vendor/llama.cpp
if [[ ! -d $source_folder ]]; then
  python3 -m pip download --quiet --no-deps --no-binary llama-cpp-python "llama-cpp-python==$version"
  tar xf "llama_cpp_python-$version.tar.gz"
fi
cmake -S "$source_folder" -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON \
  -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF \
  -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_BUILD_UI=OFF >configure.log
cmake --build build -j"$(nproc)" \
  --target llama-bench llama-batched-bench llama-server llama-perplexity llama-quantize >build.log
echo "the peer is in $PWD/build/bin; set HEARTH_PEER=$PWD for ./dev bench"
