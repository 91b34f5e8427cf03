#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "files/output_file.h"
#include "files/safetensors_format.h"
#include "files/text.h"
#include "hspace/error.h"
#include "hspace/safetensors.h"

namespace hspace {

namespace {

using namespace safetensors_format;

// Which rows of a tensor are written: disjoint intervals, begin -> end.
class RowSet {
 public:
  void add(int64_t begin, int64_t end) {
    if (begin == end) return;
    auto next = intervals_.lower_bound(begin);
    if (next != intervals_.begin() && std::prev(next)->second >= begin) --next;
    while (next != intervals_.end() && next->first <= end) {
      begin = std::min(begin, next->first);
      end = std::max(end, next->second);
      next = intervals_.erase(next);
    }
    intervals_.emplace(begin, end);
  }

  // The first row of [0, rows) that is not in the set, or `rows`.
  int64_t first_missing(int64_t rows) const {
    const auto first = intervals_.find(0);
    return std::min(rows, first == intervals_.end() ? 0 : first->second);
  }

 private:
  std::map<int64_t, int64_t> intervals_;
};

struct Slot {
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
  int64_t bytes = 0;
  int64_t begin = 0;  // from the start of the data
  RowSet written;

  int64_t rows() const { return shape.empty() ? 1 : shape[0]; }
  int64_t row_bytes() const { return rows() == 0 ? 0 : bytes / rows(); }
};

void require_text(const std::string& what, const std::string& text, const std::string& path) {
  try {
    nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw Error("cannot write " + path + ": " + what + " " + in_quotes(text) +
                " is not valid UTF-8");
  }
}

}  // namespace

struct SafetensorsWriter::State {
  explicit State(const std::string& destination) : path(destination), file(destination) {}

  std::string path;
  OutputFile file;
  bool closed = false;  // finished or failed
  std::map<std::string, Slot> slots;
  std::map<std::string, std::string> metadata;
  int64_t data_start = 0;

  [[noreturn]] void fail(int error) {
    abandon();
    if (error == ENOSPC || error == EDQUOT) throw FileError("disk full while writing " + path);
    throw FileError("cannot write " + path + ": " + std::strerror(error));
  }

  void abandon() {
    closed = true;
    file.abandon();
  }

  bool started() const { return file.descriptor() >= 0; }

  void require_open() const {
    if (closed) throw Error("cannot write " + path + ": its writer is finished or has failed");
  }

  void require_not_started() const {
    require_open();
    if (started())
      throw Error("cannot write " + path + ": declarations must come before the first write");
  }

  // Places the tensors, widest elements first so that all are aligned, and returns prefix and
  // header.
  std::string layout(int64_t& data_bytes) {
    std::vector<std::pair<const std::string*, Slot*>> order;
    for (auto& [name, slot] : slots) order.emplace_back(&name, &slot);
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
      return c10::elementSize(a.second->dtype) > c10::elementSize(b.second->dtype);
    });
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) header[kMetadataKey] = metadata;
    data_bytes = 0;
    for (const auto& [name, slot] : order) {
      slot->begin = data_bytes;
      if (__builtin_add_overflow(data_bytes, slot->bytes, &data_bytes)) fail(EFBIG);
      header[*name] = {{"dtype", *dtype_name(slot->dtype)},
                       {"shape", slot->shape},
                       {"data_offsets", {slot->begin, data_bytes}}};
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    if (text.size() > kMaxHeaderBytes) {
      throw FileError("cannot write " + path + ": its header of " + std::to_string(text.size()) +
                      " bytes exceeds the format's limit of " + std::to_string(kMaxHeaderBytes));
    }
    const auto size = static_cast<uint64_t>(text.size());
    std::string prefix(kPrefixBytes, '\0');
    std::memcpy(prefix.data(), &size, kPrefixBytes);
    return prefix + text;
  }

  void start() {
    int64_t data_bytes = 0;
    const std::string header = layout(data_bytes);
    data_start = static_cast<int64_t>(header.size());
    int64_t total = 0;
    if (__builtin_add_overflow(data_start, data_bytes, &total)) fail(EFBIG);
    if (const int error = file.open()) fail(error);
    reserve(total);
    put(header.data(), header.size(), 0);
  }

  // Says at once, not after hours of work, that the disk cannot hold the file.
  void reserve(int64_t bytes) {
    struct statvfs status{};
    if (::fstatvfs(file.descriptor(), &status) == 0 && status.f_blocks > 0) {
      const auto available = static_cast<uint64_t>(status.f_bavail) * status.f_frsize;
      if (static_cast<uint64_t>(bytes) > available) {
        abandon();
        throw FileError("disk full while writing " + path + ": it needs " + std::to_string(bytes) +
                        " bytes, " + std::to_string(available) + " are free");
      }
    }
#ifdef __linux__
    if (::fallocate(file.descriptor(), 0, 0, bytes) != 0 && errno != EOPNOTSUPP &&
        errno != ENOSYS && errno != EINTR)
      fail(errno);
#endif
  }

  void put(const char* data, size_t bytes, int64_t offset) {
    constexpr size_t kMaxChunk = size_t{1} << 30;
    while (bytes > 0) {
      const ssize_t count =
          ::pwrite(file.descriptor(), data, std::min(bytes, kMaxChunk), static_cast<off_t>(offset));
      if (count < 0) {
        if (errno == EINTR) continue;
        fail(errno);
      }
      data += count;
      offset += count;
      bytes -= static_cast<size_t>(count);
    }
  }
};

SafetensorsWriter::SafetensorsWriter(const std::string& path)
    : state_(std::make_unique<State>(path)) {}

SafetensorsWriter::~SafetensorsWriter() { state_->abandon(); }

void SafetensorsWriter::declare(const std::string& name, at::ScalarType dtype,
                                const std::vector<int64_t>& shape) {
  State& state = *state_;
  state.require_not_started();
  const std::string where = "cannot write " + state.path + ": tensor " + in_quotes(name) + ": ";
  require_text("the tensor name", name, state.path);
  if (name == kMetadataKey) throw Error(where + "the name is reserved");
  if (!dtype_name(dtype))
    throw Error(where + "unknown dtype " + c10::toString(dtype) + ", expected one of " +
                dtype_names());
  if (std::any_of(shape.begin(), shape.end(), [](int64_t size) { return size < 0; })) {
    throw Error(where + "negative size in " + shape_text(shape));
  }
  const auto bytes = byte_count(dtype, shape);
  if (!bytes) throw Error(where + "its shape " + shape_text(shape) + " is too large");
  Slot slot;
  slot.dtype = dtype;
  slot.shape = shape;
  slot.bytes = *bytes;
  if (!state.slots.emplace(name, slot).second) throw Error(where + "declared twice");
}

void SafetensorsWriter::metadata(const std::string& key, const std::string& value) {
  state_->require_not_started();
  require_text("the metadata key", key, state_->path);
  require_text("the metadata value", value, state_->path);
  state_->metadata[key] = value;
}

void SafetensorsWriter::write(const std::string& name, const at::Tensor& rows, int64_t first_row) {
  State& state = *state_;
  state.require_open();
  const std::string where = "cannot write " + state.path + ": tensor " + in_quotes(name) + ": ";
  const auto found = state.slots.find(name);
  if (found == state.slots.end()) throw Error(where + "was not declared");
  Slot& slot = found->second;

  if (!rows.defined()) throw Error(where + "its rows are undefined");
  if (rows.scalar_type() != slot.dtype) {
    throw Error(where + "expected " + c10::toString(slot.dtype) + ", found " +
                c10::toString(rows.scalar_type()));
  }
  const std::vector<int64_t> shape = rows.sizes().vec();
  const bool fits =
      shape.size() == slot.shape.size() &&
      (shape.empty() || std::equal(shape.begin() + 1, shape.end(), slot.shape.begin() + 1));
  if (!fits)
    throw Error(where + "rows of shape " + shape_text(shape) + " do not fit into " +
                shape_text(slot.shape));
  const int64_t count = shape.empty() ? 1 : shape[0];
  if (first_row < 0 || first_row > slot.rows() - count) {
    throw Error(where + std::to_string(count) + " rows from row " + std::to_string(first_row) +
                " lie outside of its " + std::to_string(slot.rows()));
  }

  if (!state.started()) state.start();
  const at::Tensor data = rows.detach().to(at::kCPU).contiguous();
  state.put(static_cast<const char*>(data.const_data_ptr()), static_cast<size_t>(data.nbytes()),
            state.data_start + slot.begin + first_row * slot.row_bytes());
  slot.written.add(first_row, first_row + count);
}

void SafetensorsWriter::finish() {
  State& state = *state_;
  state.require_open();
  for (const auto& [name, slot] : state.slots) {
    const int64_t missing = slot.bytes == 0 ? slot.rows() : slot.written.first_missing(slot.rows());
    if (missing < slot.rows()) {
      throw Error("cannot finish " + state.path + ": tensor " + in_quotes(name) + ": row " +
                  std::to_string(missing) + " of " + std::to_string(slot.rows()) +
                  " was not written");
    }
  }
  if (!state.started()) state.start();
  if (const int error = state.file.commit()) state.fail(error);
  state.closed = true;
}

}  // namespace hspace
