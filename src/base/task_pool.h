// TaskPool: a few threads and a bounded queue of tasks, for work that must not run on an I/O or engine thread.
//
// http runs request handlers on one (parsing, templates, tokenising), backends another (detokenising). A task must not
// wait for another task of its pool.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hearth::base {

class TaskPool {
 public:
  TaskPool(int n_threads, std::size_t max_queued);
  // Runs what is queued, then joins.
  ~TaskPool();
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  // False when the queue is full: the task was not taken.
  bool post(std::function<void()> task);

 private:
  void work();

  std::size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace hearth::base
