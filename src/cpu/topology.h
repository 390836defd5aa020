// How many threads may compute: physical cores within what the process is allowed to use.
//
// Asked once when a thread pool is made without an explicit --threads.
#pragma once

namespace hearth::cpu {

// Physical cores among the CPUs of sched_getaffinity, capped by the cgroup's CPU quota; at least 1. More compute
// threads than this make every barrier wait for the operating system's scheduler.
int default_thread_count();

// CPUs this process may run on, hyper-threads included.
int allowed_cpu_count();

}  // namespace hearth::cpu
