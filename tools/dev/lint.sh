# The checks of ./dev lint, one line each: what ran, ok or failed. Sourced by ./dev.
#
# Headers and clang-tidy go through a ninja file that tools/dev/lint_ninja.py writes, so that only what changed since the
# last run is checked again.

lint_failed=0

# check NAME COMMAND...: the output only when it fails
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    printf '%-22s ok\n' "$name"
  else
    printf '%-22s failed\n%s\n' "$name" "$output"
    lint_failed=1
  fi
}

# format_is_clean: clang-format, except in files that say they are generated tables
format_is_clean() { cxx_files | xargs -r clang-format-19 --dry-run --Werror; }

shell_is_clean() {
  local script
  for script in dev .ci/run tools/pre-commit tools/dev/*.sh; do
    bash -n "$script" || return 1
  done
}

# recent_files: C++ sources and headers that the last 12 commits or the working tree changed, those that still exist
recent_files() {
  local base
  base=$(git rev-list --max-count=13 HEAD | tail -n 1)
  {
    git diff --name-only --diff-filter=d "$base" -- '*.cpp' '*.h'
    git ls-files -o --exclude-standard '*.cpp' '*.h'
    # A clone with no more than 12 commits: the first commit's files are recent too.
    if [[ $(git rev-list --count HEAD) -le 13 ]]; then git ls-files '*.cpp' '*.h'; fi
  } | sort -u
}

# lint_ninja GOAL: without the command lines and counts that ninja and clang-tidy print around a finding
lint_ninja() {
  ninja -f build/lint/lint.ninja -k 50 -j "$kJobs" --quiet "$1" | grep -vE '^(clang-tidy-19|g\+\+) |warnings? generated|^FAILED: '
  return "${PIPESTATUS[0]}"
}

rust_is_clean() {
  cargo fmt --check --manifest-path bridge/Cargo.toml &&
    cargo clippy --quiet --locked --release --manifest-path bridge/Cargo.toml --target-dir build/cargo -- -D warnings
}

# cargo_has COMMAND: Debian's cargo-web comes without rustfmt and clippy
cargo_has() { cargo "$1" --version >/dev/null 2>&1; }

run_lint() {
  local rule
  check clang-format format_is_clean
  check shell shell_is_clean
  # One process per rule, so that each prints its own line.
  python3 tools/check_layers.py || lint_failed=1

  # The list of sources and the headers that the build generates, as they are now.
  cmake --preset release -Wno-dev >/dev/null
  if has_target release hearth_bridge_build; then
    build_release hearth_bridge_build
  fi
  recent_files >build/lint-recent.txt
  python3 tools/dev/lint_ninja.py "$([[ ${1:-} == --all ]] && echo all || echo build/lint-recent.txt)"
  check "headers alone" lint_ninja headers
  check "ISA symbols" python3 tools/check_isa_symbols.py
  if [[ -f bridge/Cargo.toml ]]; then
    find_cargo
    if cargo_has fmt && cargo_has clippy; then
      check "rustfmt, clippy" rust_is_clean
    else
      printf '%-22s not run: this cargo has no rustfmt or clippy\n' "rustfmt, clippy"
    fi
  fi
  check clang-tidy lint_ninja tidy
  if [[ $lint_failed == 0 ]]; then
    echo "lint: ok"
  else
    echo "lint: failed"
    return 1
  fi
}
