#pragma once
// Death tests: what a wrong use makes the program say before it stops.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>

namespace whorl_test {

/// Runs `misuse` in a child process and returns what it wrote to stderr before it aborted, or "survived" if it did not
/// abort. To be called while the program has one thread.
template <class Misuse>
std::string dying_words(Misuse&& misuse) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return "no pipe";
  std::fflush(nullptr);  // what is buffered here must not be written by the child as well
  std::cout.flush();
  const pid_t child = fork();
  if (child < 0) return "no child";
  if (child == 0) {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    std::signal(SIGABRT, SIG_DFL);  // the test framework's handler would report a crash
    dup2(ends[1], STDERR_FILENO);
    misuse();
    _exit(0);
  }
  close(ends[1]);
  std::string words;
  std::array<char, 512> piece{};
  for (ssize_t n = 0; (n = read(ends[0], piece.data(), piece.size())) > 0;) {
    words.append(piece.data(), static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? words : "survived";
}

}  // namespace whorl_test
