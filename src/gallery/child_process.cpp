#include "gallery/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace hearth::gallery {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kTailBytes = 4096;
constexpr int kTickMs = 200;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

// Everything that exec needs, made before fork: between fork and exec a threaded process may not allocate.
struct ExecImage {
  std::string program, folder;
  std::vector<std::string> texts;
  std::vector<char*> argv, envp;

  explicit ExecImage(const ChildRequest& request) : program(request.program.string()), folder(request.folder.string()) {
    texts.push_back(program);
    texts.insert(texts.end(), request.arguments.begin(), request.arguments.end());
    const std::size_t n_arguments = texts.size();
    for (const auto& [name, value] : request.environment) texts.push_back(fmt::format("{}={}", name, value));
    for (std::size_t i = 0; i < texts.size(); ++i) (i < n_arguments ? argv : envp).push_back(texts[i].data());
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string_view name = std::string_view(*variable).substr(0, std::string_view(*variable).find('='));
      const bool replaced =
          std::ranges::any_of(request.environment, [&](const auto& pair) { return pair.first == name; });
      if (!replaced) envp.push_back(*variable);
    }
    argv.push_back(nullptr);
    envp.push_back(nullptr);
  }
};

[[noreturn]] void become_child(const ExecImage& image, int output_fd, int null_fd, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const bool orphan = ::getppid() != parent;  // the parent died before the line above
  if (!orphan && ::dup2(null_fd, 0) >= 0 && ::dup2(output_fd, 1) >= 0 && ::dup2(output_fd, 2) >= 0 &&
      ::chdir(image.folder.c_str()) == 0) {
    ::execve(image.program.c_str(), image.argv.data(), image.envp.data());
  }
  ::_exit(127);
}

void keep_tail(std::string& tail, std::string_view more) {
  tail += more;
  if (tail.size() > kTailBytes) tail.erase(0, tail.size() - kTailBytes);
}

// Reads the child's output until it ends; an error when it has to be stopped.
Status watch(const ChildRequest& request, int output_fd, std::string& tail) {
  const auto end = Clock::now() + request.deadline;
  auto ticked = Clock::now();
  for (;;) {
    if (request.cancel != nullptr && request.cancel->load()) return fail(ErrorCode::kCancelled, "download cancelled");
    if (Clock::now() > end) {
      return fail(ErrorCode::kUnavailable,
                  fmt::format("{}: stopped after {} s", request.program.filename().string(),
                              std::chrono::duration_cast<std::chrono::seconds>(request.deadline).count()));
    }
    if (request.on_tick && Clock::now() - ticked > std::chrono::milliseconds(kTickMs)) {
      request.on_tick();
      ticked = Clock::now();
    }
    pollfd waiting{output_fd, POLLIN, 0};
    if (::poll(&waiting, 1, kTickMs) <= 0) continue;
    char buffer[4096];
    const ssize_t n_read = ::read(output_fd, buffer, sizeof buffer);
    if (n_read < 0 && errno == EINTR) continue;
    if (n_read <= 0) return {};
    keep_tail(tail, {buffer, static_cast<std::size_t>(n_read)});
  }
}

int exit_code_of(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return 128 + (WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

}  // namespace

Result<ChildResult> run_child(const ChildRequest& request) {
  const auto cannot_start = [&] {
    return fail(ErrorCode::kUnavailable,
                fmt::format("{} cannot be started: {}", request.program.string(), std::strerror(errno)));
  };
  int pipe_fds[2];
  if (::pipe2(pipe_fds, O_CLOEXEC) != 0) return cannot_start();
  const Descriptor output(pipe_fds[0]);
  Descriptor child_output(pipe_fds[1]);
  const Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (null.get() < 0) return cannot_start();
  ExecImage image(request);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return cannot_start();
  if (child == 0) become_child(image, child_output.get(), null.get(), parent);
  ::setpgid(child, child);  // in both, since either may run first
  child_output.close();
  ChildResult result;
  const Status status = watch(request, output.get(), result.output_tail);
  if (!status) ::kill(-child, SIGKILL);
  int wait_status = 0;
  while (::waitpid(child, &wait_status, 0) < 0 && errno == EINTR) {
  }
  if (!status) return std::unexpected(status.error());
  result.exit_code = exit_code_of(wait_status);
  return result;
}

std::optional<std::filesystem::path> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    std::filesystem::path candidate = std::filesystem::path(rest.substr(0, end)) / name;
    std::error_code error;
    if (candidate.is_absolute() && std::filesystem::is_regular_file(candidate, error) &&
        ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::nullopt;
}

std::string last_line(const std::string& output) {
  std::string line;
  std::size_t end = output.size();
  while (end > 0 && line.empty()) {
    const std::size_t newline = output.find_last_of("\r\n", end - 1);
    const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
    for (const char c : output.substr(begin, end - begin)) {
      if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) line.push_back(c);
    }
    if (line.find_first_not_of(' ') == std::string::npos) line.clear();
    end = newline == std::string::npos ? 0 : newline;
  }
  return line;
}

}  // namespace hearth::gallery
