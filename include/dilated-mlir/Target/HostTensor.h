//===- HostTensor.h - tensors in this process' memory -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What goes into a compiled model and what comes out of it. Element types are
// those of the run-time library (dilated_rt_type), data is row-major.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_HOSTTENSOR_H
#define DILATED_MLIR_TARGET_HOSTTENSOR_H

#include "dilated-mlir/Runtime/Runtime.h"
#include "mlir/Support/LLVM.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

namespace mlir::dilated {

using TensorShape = SmallVector<int64_t, 6>;

/// Tensors of higher rank are refused where they enter.
constexpr size_t kMaxTensorRank = 32;

/// An error of the kind that a user reads: lower case, no final stop.
llvm::Error makeError(const Twine &message);

/// The dilated_rt_type of "f32", "bf16", "i64", "bool", …; nothing for other
/// names.
std::optional<dilated_rt_type> parseElementType(StringRef name);

bool isFloat(dilated_rt_type type);

/// "2x300x128xf32"; an unknown dimension (negative) is "?".
std::string formatType(ArrayRef<int64_t> shape, dilated_rt_type type);

/// "[0, 17, 3]" for a row-major position.
std::string formatIndex(int64_t linear, ArrayRef<int64_t> shape);

/// Bytes of a tensor, nothing when a dimension is negative or the product does
/// not fit an int64.
std::optional<int64_t> checkedByteSize(ArrayRef<int64_t> shape,
                                       dilated_rt_type type);

/// A tensor that belongs to someone else.
struct TensorView {
  dilated_rt_type type = DILATED_RT_F32;
  TensorShape shape;
  TensorShape strides; // in elements
  const void *data = nullptr;
};

/// A tensor that owns its memory; movable, not copyable.
class HostTensor {
public:
  HostTensor() = default;

  /// Uninitialised memory, 64-byte aligned. An error when the size overflows or
  /// exceeds the machine's memory.
  static llvm::Expected<HostTensor> allocate(dilated_rt_type type,
                                             ArrayRef<int64_t> shape);

  /// Takes over memory that free() releases.
  static HostTensor adopt(dilated_rt_type type, ArrayRef<int64_t> shape,
                          void *data);

  dilated_rt_type getType() const { return type; }
  ArrayRef<int64_t> getShape() const { return shape; }
  int64_t getNumElements() const;
  int64_t getByteSize() const;
  void *data() { return memory.get(); }
  const void *data() const { return memory.get(); }

  /// The whole tensor, row-major.
  TensorView view() const;

private:
  struct Free {
    void operator()(void *pointer) const { std::free(pointer); }
  };
  dilated_rt_type type = DILATED_RT_F32;
  TensorShape shape;
  std::unique_ptr<void, Free> memory;
};

/// Copies a view of any strides into a tensor of its own.
llvm::Expected<HostTensor> copyOf(const TensorView &view);

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

/// Reads a NumPy file (format 1.0 to 3.0, little endian, C or Fortran order).
/// bf16 is what ml_dtypes saves ('<V2'), or its bits as '<u2'.
llvm::Expected<HostTensor> readNpy(StringRef path);

/// Writes NumPy format 1.0, under a temporary name that is renamed when
/// complete. bf16 as '<V2': `np.load(path).view(ml_dtypes.bfloat16)` reads it.
llvm::Error writeNpy(StringRef path, const HostTensor &tensor);

/// Reads a serialised ONNX TensorProto. `name`, when given, receives the name
/// in it.
llvm::Expected<HostTensor> readTensorProto(StringRef path,
                                           std::string *name = nullptr);

/// Either of the two, by the file's suffix (.npy, .pb).
llvm::Expected<HostTensor> readTensorFile(StringRef path);

//===----------------------------------------------------------------------===//
// Descriptions on the command line
//===----------------------------------------------------------------------===//

/// Fills with standard normal numbers (floats) or integers in [0, 16) or bools,
/// a function of `seed` and the position alone: the same on every machine, for
/// any number of threads.
///
/// Element i is made from the 64 bits z = splitmix64(seed * 2^32 + i). A normal
/// number is the sum of z's four 16-bit fields, centred and scaled to variance
/// 1 (Irwin-Hall with four terms: within 3.47 standard deviations, exact in f32
/// up to one rounding). An integer is z mod 16, a bool z mod 2.
void fillRandom(HostTensor &tensor, uint64_t seed);

/// The same with floats uniform in [0, 1): the upper 24 bits of z.
void fillUniform(HostTensor &tensor, uint64_t seed);

/// Reads a tensor from its description:
///   @x.npy, @x.pb           a file
///   2x3xf32=random:7        normal numbers from seed 7 (also uniform:7)
///   2x3xf32=0.5             one value for all elements
///   3xi64=4,5,6             all elements, row-major
llvm::Expected<HostTensor> parseTensor(StringRef description);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_HOSTTENSOR_H
