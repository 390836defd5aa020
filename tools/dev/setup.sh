# Installs what is missing. Sourced by ./dev; the entry is `install_missing GROUP...`.
#
# On Debian 12 the packages of tools/dev/debian-packages.txt come through apt, shown before they are installed, and never
# if apt would remove something for them. Elsewhere it lists what is needed and goes on if the compiler finds it.
# Nothing is asked of the network when everything is there.

readonly kMinCargo=1.88

# group_packages GROUP... : the packages of these groups, each once
group_packages() {
  local group
  for group in "$@"; do
    sed -n "s/^$group //p" tools/dev/debian-packages.txt
  done | sort -u
}

is_debian_12() {
  [[ -r /etc/os-release ]] && (. /etc/os-release && [[ ${ID:-} == debian && ${VERSION_ID:-} == 12 ]])
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "installing packages needs root, and there is no sudo: run as root: $*"
  fi
}

# missing_packages PACKAGE... : those that dpkg does not know as installed
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p')
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$installed")
}

apt_install() {
  local plan removed added
  if ! plan=$(apt-get -s -q install --no-install-recommends "$@" 2>/dev/null); then
    say "reading the package lists"
    as_root apt-get -q -q update
    plan=$(apt-get -s -q install --no-install-recommends "$@") || die "apt cannot install: $*"
  fi
  removed=$(sed -n 's/^Remv \([^ ]*\).*/\1/p' <<<"$plan")
  if [[ -n $removed ]]; then
    die "apt would remove $(tr '\n' ' ' <<<"$removed")to install $*; decide yourself: apt-get install $*"
  fi
  added=$(sed -n 's/^Inst \([^ ]*\).*/\1/p' <<<"$plan")
  say "installing with apt: $(tr '\n' ' ' <<<"$added")"
  # Lists that are older than the archive name files that are gone: read them again once.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -q -y install --no-install-recommends "$@" || {
    as_root apt-get -q -q update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -q -y install --no-install-recommends "$@"
  }
}

# A header of every library of the group build, for systems whose packages we do not know by name.
missing_headers() {
  local header
  for header in boost/beast/version.hpp openssl/evp.h nlohmann/json.hpp yaml-cpp/yaml.h curl/curl.h CLI/CLI.hpp \
    spdlog/spdlog.h fmt/format.h prometheus/registry.h zlib.h re2/re2.h sqlite3.h sentencepiece_processor.h \
    gtest/gtest.h gmock/gmock.h; do
    printf '#if !__has_include(<%s>)\nHEARTH_MISSING %s\n#endif\n' "$header" "$header"
  done | g++ -std=c++23 -E -P -x c++ - | sed -n 's/^HEARTH_MISSING //p'
}

# needed_commands GROUP... : the commands that the groups bring on Debian
needed_commands() {
  local group
  for group in "$@"; do
    case $group in
      build) echo g++ cmake ninja git ;;
      serve) echo python3 curl ;;
      test | bench) echo python3 ;;
      lint) echo python3 clang++-19 clang-tidy-19 clang-format-19 ;;
      fuzz) echo clang++-19 ;;
    esac
  done | tr ' ' '\n' | sort -u
}

check_other_system() {
  local command missing=() headers=""
  for command in $(needed_commands "$@"); do
    command -v "$command" >/dev/null || missing+=("$command")
  done
  if [[ " $* " == *" build "* ]] && command -v g++ >/dev/null; then
    headers=$(missing_headers)
  fi
  if [[ ${#missing[@]} -gt 0 || -n $headers ]]; then
    say "this is not Debian 12: install these yourself (names as in Debian):"
    group_packages "$@" | sed 's/^/  /'
    die "missing commands: ${missing[*]:-none}; missing headers: ${headers//$'\n'/ }"
  fi
}

# cargo_is_new_enough: whether the cargo in PATH is at least kMinCargo
cargo_is_new_enough() {
  local version
  version=$(cargo --version 2>/dev/null | cut -d ' ' -f 2) || return 1
  [[ -n $version && $(printf '%s\n' "$kMinCargo" "$version" | sort -V | head -n 1) == "$kMinCargo" ]]
}

# rustup puts cargo where a non-login shell does not look.
find_cargo() {
  if ! command -v cargo >/dev/null && [[ -x $HOME/.cargo/bin/cargo ]]; then
    export PATH="$HOME/.cargo/bin:$PATH"
  fi
}

install_cargo() {
  find_cargo
  cargo_is_new_enough && return
  if is_debian_12; then
    apt_install rustc-web cargo-web
  fi
  cargo_is_new_enough || die "cargo $kMinCargo or newer is needed: install Rust, then run ./dev again"
}

# The virtual environment build/venv, as tests/e2e/requirements.txt locks it; its stamp is a copy of that file.
install_venv() {
  local lock=tests/e2e/requirements.txt
  cmp -s "$lock" build/venv/requirements.txt && return
  say "making build/venv with the packages of $lock"
  rm -rf build/venv
  python3 -m venv build/venv
  build/venv/bin/pip install -q --disable-pip-version-check -r "$lock"
  cp "$lock" build/venv/requirements.txt
}

install_missing() {
  local missing=()
  if is_debian_12; then
    mapfile -t missing < <(missing_packages $(group_packages "$@"))
    [[ ${#missing[@]} == 0 ]] || apt_install "${missing[@]}"
  else
    check_other_system "$@"
  fi
  if [[ " $* " == *" build "* && -f bridge/Cargo.toml ]]; then
    install_cargo
  fi
  if [[ " $* " == *" test "* ]]; then
    install_venv
  fi
}
