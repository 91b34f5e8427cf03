#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "files/weight_files.h"
#include "hspace/safetensors.h"

namespace hspace {

// The weights of a diffusers or transformers model directory, handed out strictly: layers take()
// what they need, and finish() reports missing, unexpected and mis-shaped keys in one Error. What
// was taken has a hash.
//
// Reads `STEM[.VARIANT].safetensors`, or the shards of its index file; see weight_files.h.
class WeightMap {
 public:
  // Error when the directory holds no safetensors weights, or when index and shards do not fit one
  // another.
  WeightMap(const std::string& directory, const std::string& variant,
            const std::string& stem = kDiffusersStem);
  // The tensors of these files; `place` is where errors say they are.
  WeightMap(std::vector<SafetensorsFile> files, const std::string& place);
  ~WeightMap();
  WeightMap(const WeightMap&) = delete;
  WeightMap& operator=(const WeightMap&) = delete;

  // The tensor `key` on the CPU, of the given shape, in the file's floating-point type; a view of
  // the mapped file. A linear layer (out, in) and a 1x1 convolution (out, in, 1, 1) stand for each
  // other: checkpoints of different age store attention either way. A missing or mis-shaped key is
  // noted for finish(), and zeros of that shape stand in for it, so that a constructor may go on;
  // where they would take too much memory, the Error comes at once.
  at::Tensor take(const std::string& key, const std::vector<int64_t>& shape);

  // The same under the first of several names that is present, for keys that were renamed. The
  // first is the current one, which finish() reports as missing.
  at::Tensor take_any(const std::vector<std::string>& keys, const std::vector<int64_t>& shape);

  // Undefined when absent, which is not an error.
  at::Tensor take_optional(const std::string& key, const std::vector<int64_t>& shape);

  bool contains(const std::string& key) const;

  // A key that may be there and is not needed.
  void ignore(const std::string& key);

  // One Error that counts all that is missing, unexpected, mis-shaped or not floating-point, and
  // lists the first of each kind by key. Tensors that nobody took and that no layer could hold
  // (integers, types that are not read) do not tell of another network: they are returned, one
  // sentence a file.
  std::vector<std::string> finish() const;

  // The files, in the order of their names.
  std::vector<std::string> paths() const;
  // How many numbers were taken.
  int64_t parameters() const;
  // One line for each tensor that was taken, sorted by the name it was asked for under: name,
  // shape, type as stored, and the sha256 of its bytes. Reads all of them, on all threads.
  std::string fingerprint() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hspace
