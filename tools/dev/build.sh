# Configures and builds. Sourced by ./dev and .ci/run.

# configure PRESET: once; afterwards ninja configures again by itself when a CMake file changed
configure() {
  [[ -f build/$1/build.ninja ]] || cmake --preset "$1" -Wno-dev >/dev/null
}

# build_preset PRESET TARGET...: quiet when there is nothing to do; on a terminal ninja shows its progress
build_preset() {
  local preset=$1
  shift
  configure "$preset"
  [[ -f build/$preset/.ninja_log ]] || say "building build/$preset for the first time, which takes minutes"
  if [[ -t 1 ]]; then
    cmake --build "build/$preset" -j "$kJobs" --target "$@" >&2
  else
    cmake --build "build/$preset" -j "$kJobs" --target "$@" -- --quiet >&2
  fi
}

build_release() { build_preset release "$@"; }

# has_target PRESET TARGET
has_target() { ninja -C "build/$1" -t query "$2" >/dev/null 2>&1; }

# cxx_files: every C++ file that is written by hand
cxx_files() { git ls-files -co --exclude-standard '*.cpp' '*.h' | grep -v '^bridge/' || true; }
