# Builds and runs the fuzz targets. Sourced by ./dev fuzz.
#
# A target fuzz/<folder>/<name>_fuzz.cpp becomes the program <name>_fuzz; its committed seeds are in fuzz/corpus/<name>,
# what a run finds stays in build/fuzz-corpus/<name>, and a crash is left as a file in build/fuzz-crashes.

fuzz_targets() { find fuzz -name '*_fuzz.cpp' -printf '%f\n' 2>/dev/null | sed 's/_fuzz\.cpp$//' | sort; }

run_fuzz() {
  local seconds=60 name targets=() failed=0
  if [[ ${1:-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
  fi
  mapfile -t targets < <(if [[ $# -gt 0 ]]; then printf '%s\n' "$@"; else fuzz_targets; fi)
  [[ ${#targets[@]} -gt 0 ]] || die "there is no fuzz target in fuzz/"
  build_preset fuzz "${targets[@]/%/_fuzz}"
  for name in "${targets[@]}"; do
    mkdir -p "build/fuzz-corpus/$name" "build/fuzz-crashes" "fuzz/corpus/$name"
    say "$name for $seconds s"
    if "build/fuzz/fuzz/${name}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="build/fuzz-crashes/$name-" "build/fuzz-corpus/$name" "fuzz/corpus/$name" \
      >"build/fuzz-crashes/$name.log" 2>&1; then
      printf '%-28s ok, %s runs\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz-crashes/$name.log")"
    else
      tail -n 40 "build/fuzz-crashes/$name.log"
      printf '%-28s failed: build/fuzz-crashes/%s-*\n' "$name" "$name"
      failed=1
    fi
  done
  return "$failed"
}
