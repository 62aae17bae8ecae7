#pragma once
// The file that is read, as memory, and the files that are written.

#include <cstdio>
#include <memory>
#include <string>

#include "bytes.hpp"

namespace packets {

/// A file mapped into memory, read only, for as long as this object lives.
///
/// Errors:  std::runtime_error naming the file, when it cannot be opened or is no regular file.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  Bytes bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// A file that is written from its beginning. A write that fails is remembered and reported by close(), so that the
/// thread that writes need not stop.
///
/// Errors:  std::runtime_error naming the file, by the constructor and by close().
class OutputFile {
 public:
  explicit OutputFile(std::string path);

  void write(Bytes bytes);
  void close();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  int error_ = 0;  // errno of the first write that failed
};

}  // namespace packets
