#include "cpu/topology.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <string>
#include <utility>

namespace hearth::cpu {
namespace {

int read_int(const std::string& path, int fallback) {
  std::ifstream file(path);
  int value = fallback;
  return file >> value ? value : fallback;
}

// cgroup v2 "cpu.max" holds "<quota> <period>" in microseconds, or "max <period>".
int cgroup_cpu_limit() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && period > 0) {
    return std::max(1, static_cast<int>(std::ceil(quota / period)));
  }
  return CPU_SETSIZE;
}

}  // namespace

int allowed_cpu_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) {
    return 1;
  }
  return std::max(1, CPU_COUNT(&set));
}

int default_thread_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) {
    return 1;
  }
  std::set<std::pair<int, int>> cores;  // (package, core)
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) {
      const auto topology = fmt::format("/sys/devices/system/cpu/cpu{}/topology/", cpu);
      cores.emplace(read_int(topology + "physical_package_id", 0), read_int(topology + "core_id", cpu));
    }
  }
  return std::clamp(static_cast<int>(cores.size()), 1, cgroup_cpu_limit());
}

}  // namespace hearth::cpu
