#include "files/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "hspace/error.h"

namespace hspace {

namespace {

[[noreturn]] void changed(const std::string& path) {
  throw FileError(path + " was truncated or written to while it was in use; open it again");
}

// The whole file; an Error when it is shorter than it was said to be.
void read_all(int fd, char* data, uint64_t size, const std::string& path) {
  uint64_t done = 0;
  while (done < size) {
    const ssize_t n = ::pread(fd, data + done, size - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw FileError("cannot read " + path + ": " + std::strerror(errno));
    if (n == 0) changed(path);
    done += static_cast<uint64_t>(n);
  }
}

}  // namespace

MappedFile::MappedFile(const std::string& path, uint64_t copied) : path_(path) {
  // Non-blocking, so that opening a named pipe fails below instead of waiting for a writer.
  fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd_ < 0) throw FileError("cannot open " + path + ": " + std::strerror(errno));
  try {
    struct stat status{};
    if (::fstat(fd_, &status) != 0)
      throw FileError("cannot read " + path + ": " + std::strerror(errno));
    if (!S_ISREG(status.st_mode)) throw FileError("cannot read " + path + ": not a regular file");
    const auto size = static_cast<uint64_t>(status.st_size);
    modified_ = status.st_mtim;
    const bool copy = size <= copied;
    if (size > 0) {
      // No reservation: a file larger than memory is fine, because hardly any page is ever written
      // to.
      const int flags = MAP_PRIVATE | (copy ? MAP_ANONYMOUS : MAP_NORESERVE);
      void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, copy ? -1 : fd_, 0);
      if (address == MAP_FAILED)
        throw FileError("cannot read " + path + ": " + std::strerror(errno));
      data_ = static_cast<char*>(address);
      size_ = size;
    }
    if (copy) {
      read_all(fd_, data_, size_, path);
      ::close(fd_);
      fd_ = -1;
    }
  } catch (...) {
    release();
    throw;
  }
}

MappedFile::~MappedFile() { release(); }

void MappedFile::release() noexcept {
  if (data_ != nullptr) ::munmap(data_, size_);
  if (fd_ >= 0) ::close(fd_);
}

void MappedFile::check_unchanged() const {
  if (fd_ < 0) return;
  struct stat status{};
  const bool same = ::fstat(fd_, &status) == 0 && static_cast<uint64_t>(status.st_size) == size_ &&
                    status.st_mtim.tv_sec == modified_.tv_sec &&
                    status.st_mtim.tv_nsec == modified_.tv_nsec;
  if (!same) changed(path_);
}

}  // namespace hspace
