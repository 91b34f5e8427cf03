#include "mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "hspace/error.h"

namespace hspace {

MappedFile::MappedFile(const std::string& path) {
  // Non-blocking, so that opening a named pipe fails below instead of waiting for a writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) throw Error("cannot open " + path + ": " + std::strerror(errno));
  struct stat status{};
  int failure = ::fstat(fd, &status) == 0 ? 0 : errno;
  const bool regular = failure == 0 && S_ISREG(status.st_mode);
  if (regular && status.st_size > 0) {
    size_ = static_cast<uint64_t>(status.st_size);
    // No reservation: a file larger than memory is fine, because hardly any page is ever written
    // to.
    void* address =
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (address == MAP_FAILED) {
      failure = errno;
    } else {
      data_ = static_cast<char*>(address);
    }
  }
  ::close(fd);
  if (failure != 0) throw Error("cannot read " + path + ": " + std::strerror(failure));
  if (!regular) throw Error("cannot read " + path + ": not a regular file");
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace hspace
