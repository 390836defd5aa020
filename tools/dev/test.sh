# Runs the tests of a build. Sourced by ./dev test and .ci/run.
#
# Every suite writes a JUnit file into build/test-results/PRESET; tools/dev/count_tests.py adds them up, so the last line
# is what the programs themselves reported. A suite that dies without a report counts as one failed test.

# run_suite NAME COMMAND...: its report goes to $results/NAME.xml, what it prints is shown when it fails
run_suite() {
  local name=$1 started=$SECONDS status=0
  shift
  "$@" >"$results/$name.log" 2>&1 || status=$?
  if [[ $status != 0 ]]; then
    cat "$results/$name.log"
    [[ -f $results/$name.xml ]] || echo "exit code $status" >"$results/$name.died"
  fi
  printf '%-28s %s (%d s)\n' "$name" "$([[ $status == 0 ]] && echo ok || echo "failed, exit code $status")" \
    $((SECONDS - started))
}

# suite NAME COMMAND...: starts it when the filter lets it, at most two at a time: most of them use one core
suite() {
  [[ $1 == *"$filter"* ]] || return 0
  while [[ $(jobs -rp | wc -l) -ge 2 ]]; do
    wait -n || true
  done
  run_suite "$@" &
}

# gtest_suites PRESET: the test programs of a build, one path per line
gtest_suites() { find "build/$1/tests" -maxdepth 3 -type f -executable -name 'hearth_*_test' 2>/dev/null | sort; }

# rust_tests: cargo prints no report, so its counts are taken from its summary lines
rust_tests() {
  local status=0
  cargo test --quiet --locked --release --manifest-path bridge/Cargo.toml --target-dir build/cargo \
    >"$results/cargo.txt" 2>&1 || status=$?
  cat "$results/cargo.txt"
  # A failed compile has no summary: without a report the suite counts as one failure.
  if grep -q '^test result:' "$results/cargo.txt"; then
    python3 tools/dev/count_tests.py --from-cargo "$results/cargo.txt" >"$results/bridge.xml"
  fi
  return "$status"
}

# run_tests PRESET [FILTER]: release runs everything, a sanitizer build its unit tests
run_tests() {
  local preset=$1 filter=${2:-} program
  local results=build/test-results/$preset
  rm -rf "$results"
  mkdir -p "$results"
  if [[ $preset == release ]]; then
    # The longest first.
    if compgen -G 'tests/e2e/test_*.py' >/dev/null; then
      HEARTH_BINARY=$PWD/$kHearth suite e2e build/venv/bin/pytest -q tests/e2e --junitxml="$results/e2e.xml"
    fi
    if [[ -f bridge/Cargo.toml ]]; then
      suite bridge rust_tests
    fi
    suite tools build/venv/bin/pytest -q tests/tools --junitxml="$results/tools.xml"
  fi
  while read -r program; do
    suite "$(basename "$program")" "$program" --gtest_brief=1 --gtest_output="xml:$results/$(basename "$program").xml"
  done < <(gtest_suites "$preset")
  wait
  python3 tools/dev/count_tests.py "$results"
}
