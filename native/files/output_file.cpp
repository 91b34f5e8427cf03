#include "files/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>

#include "hspace/error.h"
#include "hspace/process.h"

namespace hspace {

namespace {

namespace fs = std::filesystem;

constexpr int kDigits = 16;
constexpr char kHexadecimal[] = "0123456789abcdef";
constexpr char kInfix[] = ".tmp-";

// The temporary files of this process that are open. Never destroyed: it is asked for as late as
// when the process ends.
struct OpenFiles {
  std::mutex mutex;
  std::map<const OutputFile*, std::string> paths;  // absolute
};

OpenFiles& open_files() {
  static auto* const files = new OpenFiles;
  return *files;
}

std::string random_suffix() {
  std::random_device random;
  std::string suffix = kInfix;
  for (int i = 0; i < kDigits; ++i) suffix += kHexadecimal[random() % 16];
  return suffix;
}

fs::path parent_directory(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent;
}

// What the path leads to, also where a link's last target is not there yet.
std::string followed(const std::string& path) {
  constexpr int kMostLinks = 40;
  fs::path target = path;
  std::error_code failed;
  for (int i = 0; i < kMostLinks && fs::is_symlink(target, failed); ++i) {
    const fs::path next = fs::read_symlink(target, failed);
    if (failed) break;
    target = target.parent_path() / next;  // an absolute `next` replaces the rest
  }
  return target.string();
}

// A lock of the open file, not of the process: it also holds against other files of this process,
// and closing another descriptor of the same file does not lose it.
int lock(int fd, bool wait) {
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
#ifdef F_OFD_SETLK
  return ::fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &whole);
#else
  return ::fcntl(fd, wait ? F_SETLKW : F_SETLK, &whole);
#endif
}

bool is_temporary_of(const std::string& name, const std::string& target_name) {
  const std::string prefix = target_name + kInfix;
  return name.size() == prefix.size() + kDigits && name.compare(0, prefix.size(), prefix) == 0 &&
         name.find_first_not_of(kHexadecimal, prefix.size()) == std::string::npos;
}

// Removes the temporary files of a target that nobody holds: a killed process left them.
void remove_stale(const std::string& target) {
  const std::string name = fs::path(target).filename().string();
  std::error_code failed;
  fs::directory_iterator entry(parent_directory(target), failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    if (!is_temporary_of(entry->path().filename().string(), name)) continue;
    const int fd = ::open(entry->path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) continue;
    if (lock(fd, false) == 0) ::unlink(entry->path().c_str());
    ::close(fd);
  }
}

bool still_named(int fd, const std::string& path) {
  struct stat opened{}, named{};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

}  // namespace

OutputFile::OutputFile(const std::string& path) : target_(followed(path)) {
  std::error_code failed;
  const fs::file_status status = fs::status(target_, failed);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw FileError("cannot write " + path + ": " +
                    (fs::is_directory(status) ? "it is a directory"
                                              : "expected a regular file, because its parts are "
                                                "written in any order"));
  }
  temporary_ = target_ + random_suffix();
}

OutputFile::~OutputFile() { abandon(); }

int OutputFile::open() {
  remove_stale(target_);
  // Between its creation and its lock the file looks like a left one; if another process took it
  // for that, it is made again.
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    fd_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0) return errno;
    lock(fd_, true);  // a file system without locks has no cleaning either
    if (still_named(fd_, temporary_)) {
      remember();
      return 0;
    }
    ::close(fd_);
    fd_ = -1;
  }
  return EBUSY;
}

int OutputFile::commit() {
  if (::fsync(fd_) != 0 || std::rename(temporary_.c_str(), target_.c_str()) != 0) {
    const int error = errno;
    abandon();
    return error;
  }
  const int error = ::close(fd_) == 0 ? 0 : errno;
  fd_ = -1;
  forget();
  // The rename itself is durable once the directory is; a file system that cannot sync one has no
  // more to give.
  const int directory = ::open(parent_directory(target_).c_str(), O_RDONLY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
  return error;
}

void OutputFile::abandon() {
  if (fd_ < 0) return;
  ::unlink(temporary_.c_str());
  ::close(fd_);
  fd_ = -1;
  forget();
}

void OutputFile::remember() const {
  OpenFiles& files = open_files();
  std::error_code failed;  // the working directory may be gone
  const fs::path path = fs::absolute(temporary_, failed);
  const std::lock_guard<std::mutex> lock(files.mutex);
  files.paths[this] = failed ? temporary_ : path.string();
}

void OutputFile::forget() const {
  OpenFiles& files = open_files();
  const std::lock_guard<std::mutex> lock(files.mutex);
  files.paths.erase(this);
}

void remove_temporary_files() {
  OpenFiles& files = open_files();
  const std::lock_guard<std::mutex> lock(files.mutex);
  for (const auto& [file, path] : files.paths) ::unlink(path.c_str());
}

}  // namespace hspace
