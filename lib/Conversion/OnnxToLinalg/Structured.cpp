//===- Structured.cpp - elementwise, reductions, lookups --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Structured.h"
#include "ScalarMath.h"
#include "Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::dilated;

static int64_t rankOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getRank();
}

static Type elementTypeOf(Value tensor) {
  return getElementTypeOrSelf(tensor.getType());
}

Type mlir::dilated::computeType(Type elementType) {
  if (elementType.isF16() || elementType.isBF16())
    return Float32Type::get(elementType.getContext());
  return elementType;
}

//===----------------------------------------------------------------------===//
// Broadcasting
//===----------------------------------------------------------------------===//

FailureOr<Sizes> mlir::dilated::broadcastSizes(GraphBuilder &b,
                                               ValueRange tensors) {
  int64_t rank = 0;
  for (Value tensor : tensors)
    rank = std::max(rank, rankOf(tensor));
  Sizes result(rank, b.getIndexAttr(1));
  for (Value tensor : tensors) {
    Sizes sizes = b.sizes(tensor);
    int64_t first = rank - static_cast<int64_t>(sizes.size());
    for (auto [i, size] : llvm::enumerate(sizes)) {
      OpFoldResult &common = result[first + i];
      FailureOr<OpFoldResult> both =
          b.broadcastSize(common, size,
                          "two sizes known only at run time do not "
                          "broadcast in dimension " +
                              Twine(first + i));
      if (failed(both))
        return b.error() << "sizes " << *constantSize(common) << " and "
                         << *constantSize(size)
                         << " do not broadcast in dimension " << first + i;
      common = *both;
    }
  }
  return result;
}

namespace {
/// What a loop nest reads of a broadcast tensor, and where.
struct BroadcastOperand {
  Value tensor;
  AffineMap map;
};
} // namespace

/// The dimensions of the tensor are the last ones of the result; those of size
/// 1 that the result repeats are dropped, so that the map is a projection.
static BroadcastOperand broadcastOperand(GraphBuilder &b, Value tensor,
                                         ArrayRef<OpFoldResult> result) {
  SmallVector<int64_t> repeated;
  SmallVector<AffineExpr> exprs;
  Sizes sizes = b.sizes(tensor);
  int64_t first = static_cast<int64_t>(result.size() - sizes.size());
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    if (constantSize(size) == 1 && constantSize(result[first + dim]) != 1)
      repeated.push_back(dim);
    else
      exprs.push_back(b.getAffineDimExpr(first + dim));
  }
  if (!repeated.empty())
    tensor = emitDropUnitDims(b, tensor, repeated);
  return {tensor, AffineMap::get(result.size(), 0, exprs, b.getContext())};
}

/// The elements of `tensor` at positions of `target`; where its size is 1 there
/// is but one. What is in here must not be known to the builder of the graph.
static Value emitRepetition(OpBuilder nested, Location loc, Value tensor,
                            RankedTensorType type, ValueRange dynamicSizes,
                            ArrayRef<Value> factors) {
  ImplicitLocOpBuilder b(loc, nested);
  int64_t rank = type.getRank();
  Value init = tensor::EmptyOp::create(b, type, dynamicSizes);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, type, ValueRange(), init, b.getMultiDimIdentityMap(rank), iterators,
      [&](OpBuilder &inner, Location loc, ValueRange) {
        ImplicitLocOpBuilder body(loc, inner);
        SmallVector<Value> indices;
        for (int64_t dim = 0; dim < rank; ++dim) {
          Value index = linalg::IndexOp::create(body, dim);
          indices.push_back(
              factors[dim] ? arith::MulIOp::create(body, index, factors[dim])
                           : index);
        }
        Value element = tensor::ExtractOp::create(body, tensor, indices);
        linalg::YieldOp::create(body, element);
      });
  return generic.getResult(0);
}

/// The tensor brought to `sizes` where its own are 1 at run time. Mostly they
/// are not: then it is taken as it is, so that loops over it stay as they are
/// where sizes are provably equal.
static Value emitAligned(GraphBuilder &b, Value tensor,
                         ArrayRef<OpFoldResult> sizes) {
  Sizes own = b.sizes(tensor), target = own;
  sizes = sizes.take_back(own.size());
  Value isAligned;
  SmallVector<Value> factors(own.size());
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  auto equal = [&](Value x, Value y) {
    return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, x, y);
  };
  for (auto [dim, size] : llvm::enumerate(own)) {
    if (constantSize(size) == 1 || b.provablyEqual(size, sizes[dim]))
      continue;
    target[dim] = sizes[dim];
    Value x = b.toIndex(size), isEqual = equal(x, b.toIndex(sizes[dim]));
    isAligned =
        isAligned ? b.createOrFold<arith::AndIOp>(isAligned, isEqual) : isEqual;
    factors[dim] = b.createOrFold<arith::SelectOp>(equal(x, one), zero, one);
  }
  if (!isAligned)
    return tensor;
  RankedTensorType type = b.tensorType(target, elementTypeOf(tensor));
  SmallVector<Value> dynamicSizes;
  for (OpFoldResult size : target)
    if (!constantSize(size))
      dynamicSizes.push_back(b.toIndex(size));
  auto choice = scf::IfOp::create(
      b, isAligned,
      [&](OpBuilder &nested, Location loc) {
        Value same = tensor;
        if (tensor.getType() != type)
          same = tensor::CastOp::create(nested, loc, type, tensor);
        scf::YieldOp::create(nested, loc, same);
      },
      [&](OpBuilder &nested, Location loc) {
        scf::YieldOp::create(
            nested, loc,
            emitRepetition(nested, loc, tensor, type, dynamicSizes, factors));
      });
  b.setSizes(choice.getResult(0), target);
  return choice.getResult(0);
}

FailureOr<Value> mlir::dilated::emitRepeated(GraphBuilder &b, Value tensor,
                                             ArrayRef<OpFoldResult> sizes,
                                             const Twine &message) {
  Sizes own = b.sizes(tensor);
  for (auto [size, common] :
       llvm::zip_equal(own, sizes.take_back(own.size()))) {
    if (constantSize(size) == 1)
      continue;
    // What is not a constant may be 1 beside a size that is not.
    bool mayRepeat = !constantSize(size) && constantSize(common) != 1;
    if (!mayRepeat && failed(b.requireEqual(size, common, message)))
      return failure();
    if (!mayRepeat || b.provablyEqual(size, common))
      continue;
    auto isSize = [&](OpFoldResult value) {
      return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq,
                                           b.toIndex(size), b.toIndex(value));
    };
    b.assertThat(
        b.createOrFold<arith::OrIOp>(isSize(common), isSize(b.getIndexAttr(1))),
        message);
  }
  return emitAligned(b, b.refine(tensor), sizes);
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

/// The elements of the result when those of every input are known scalars.
static Value emitOnScalars(GraphBuilder &b, ValueRange inputs,
                           ArrayRef<OpFoldResult> sizes, Type elementType,
                           ScalarBody body) {
  std::optional<SmallVector<int64_t>> shape = constantSizes(sizes);
  std::optional<int64_t> count = staticCount(sizes);
  if (!shape || !count || *count > GraphBuilder::kMaxScalars)
    return {};
  SmallVector<SmallVector<Value>> elements;
  for (Value input : inputs) {
    std::optional<SmallVector<Value>> known = b.knownElements(input);
    if (!known)
      return {};
    elements.push_back(*known);
  }
  Block::iterator point = b.getInsertionPoint();
  Operation *before =
      point == b.getInsertionBlock()->begin() ? nullptr : &*std::prev(point);

  SmallVector<int64_t> strides = contiguousStrides(*shape);
  SmallVector<Value> results;
  for (int64_t i = 0; i < *count; ++i) {
    SmallVector<Value> arguments;
    for (auto [input, scalars] : llvm::zip_equal(inputs, elements)) {
      ArrayRef<int64_t> inputShape =
          cast<RankedTensorType>(input.getType()).getShape();
      SmallVector<int64_t> inputStrides = contiguousStrides(inputShape);
      int64_t first = shape->size() - inputShape.size(), position = 0;
      for (auto [dim, size] : llvm::enumerate(inputShape))
        if (size != 1)
          position += i / strides[first + dim] % (*shape)[first + dim] *
                      inputStrides[dim];
      arguments.push_back(scalars[position]);
    }
    results.push_back(body(b, arguments));
  }
  Value result = b.fromElements(*shape, elementType, results);
  b.mergeScalars(before, result.getDefiningOp());
  return result;
}

/// The result when every input is a splat: the body is computed once.
static Value emitOnSplats(GraphBuilder &b, ValueRange inputs,
                          ArrayRef<OpFoldResult> sizes, ScalarBody body) {
  SmallVector<Value> arguments;
  for (Value input : inputs) {
    TypedAttr value = b.splatValue(input);
    if (!value)
      return {};
    arguments.push_back(b.constant(value));
  }
  Value scalar = body(b, arguments);
  Attribute folded;
  if (matchPattern(scalar, m_Constant(&folded)))
    return b.splat(sizes, cast<TypedAttr>(folded));
  return b.fill(sizes, scalar);
}

FailureOr<Value> mlir::dilated::emitElementwise(GraphBuilder &b,
                                                ValueRange inputs,
                                                Type elementType,
                                                ScalarBody body) {
  FailureOr<Sizes> sizes = broadcastSizes(b, inputs);
  if (failed(sizes))
    return failure();
  if (Value result = emitOnScalars(b, inputs, *sizes, elementType, body))
    return result;
  if (Value result = emitOnSplats(b, inputs, *sizes, body))
    return result;

  // A splat is a constant in the body, not an input of the loop nest.
  SmallVector<Value> read, scalars;
  SmallVector<AffineMap> maps;
  for (Value input : inputs) {
    TypedAttr value = b.splatValue(input);
    scalars.push_back(value ? b.constant(value) : Value());
    if (value)
      continue;
    auto [tensor, map] =
        broadcastOperand(b, emitAligned(b, b.refine(input), *sizes), *sizes);
    read.push_back(tensor);
    maps.push_back(map);
  }
  return emitIndexed(
      b, *sizes, elementType, read, maps,
      [&](ImplicitLocOpBuilder &body_b, ValueRange, ValueRange elements) {
        SmallVector<Value> arguments = scalars;
        for (Value &argument : arguments)
          if (!argument) {
            argument = elements.front();
            elements = elements.drop_front();
          }
        return body(body_b, arguments);
      });
}

FailureOr<Value> mlir::dilated::emitArithmetic(GraphBuilder &b,
                                               ValueRange inputs,
                                               ScalarBody body) {
  Type type = elementTypeOf(inputs.front()), wide = computeType(type);
  if (wide == type)
    return emitElementwise(b, inputs, type, body);
  return emitElementwise(
      b, inputs, type, [&](ImplicitLocOpBuilder &b, ValueRange narrow) {
        SmallVector<Value> arguments;
        for (Value value : narrow)
          arguments.push_back(b.createOrFold<arith::ExtFOp>(wide, value));
        return b.createOrFold<arith::TruncFOp>(type, body(b, arguments));
      });
}

Value mlir::dilated::emitRounded(GraphBuilder &b, Value tensor,
                                 Type elementType) {
  if (elementType == elementTypeOf(tensor))
    return tensor;
  return *emitElementwise(
      b, tensor, elementType, [&](ImplicitLocOpBuilder &b, ValueRange x) {
        return b.createOrFold<arith::TruncFOp>(elementType, x[0]);
      });
}

Value mlir::dilated::emitBroadcast(GraphBuilder &b, Value tensor,
                                   ArrayRef<OpFoldResult> sizes) {
  if (TypedAttr value = b.splatValue(tensor))
    return b.splat(sizes, value);
  Sizes own = b.sizes(tensor);
  if (own.size() == sizes.size() &&
      llvm::all_of(llvm::zip(own, sizes), [&](auto pair) {
        return b.provablyEqual(std::get<0>(pair), std::get<1>(pair));
      }))
    return tensor;
  auto [read, map] = broadcastOperand(b, emitAligned(b, tensor, sizes), sizes);
  return emitIndexed(
      b, sizes, elementTypeOf(tensor), read, map,
      [](ImplicitLocOpBuilder &, ValueRange, ValueRange x) { return x[0]; });
}

//===----------------------------------------------------------------------===//
// Loop nests
//===----------------------------------------------------------------------===//

Value mlir::dilated::emitIndexed(GraphBuilder &b, ArrayRef<OpFoldResult> sizes,
                                 Type elementType, ValueRange inputs,
                                 ArrayRef<AffineMap> maps, IndexedBody body) {
  Value init = b.empty(sizes, elementType);
  SmallVector<AffineMap> allMaps(maps);
  allMaps.push_back(b.getMultiDimIdentityMap(sizes.size()));
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, init.getType(), inputs, init, allMaps, iterators,
      [&](OpBuilder &nested, Location loc, ValueRange arguments) {
        ImplicitLocOpBuilder body_b(loc, nested);
        SmallVector<Value> indices;
        for (size_t dim = 0; dim < sizes.size(); ++dim)
          indices.push_back(linalg::IndexOp::create(body_b, dim));
        Value result = body(body_b, indices, arguments.drop_back());
        // A body that does not use a position shows none.
        for (Value index : indices)
          if (index.use_empty())
            index.getDefiningOp()->erase();
        linalg::YieldOp::create(body_b, result);
      });
  b.setSizes(generic.getResult(0), sizes);
  return generic.getResult(0);
}

Value mlir::dilated::emitReduction(GraphBuilder &b, ValueRange inputs,
                                   ArrayRef<int64_t> axes, TypedAttr identity,
                                   ScalarBody body) {
  Sizes sizes = b.sizes(inputs.front()), kept;
  SmallVector<utils::IteratorType> iterators;
  SmallVector<AffineExpr> keptDims;
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    bool reduced = llvm::is_contained(axes, static_cast<int64_t>(dim));
    iterators.push_back(reduced ? utils::IteratorType::reduction
                                : utils::IteratorType::parallel);
    if (reduced)
      continue;
    kept.push_back(size);
    keptDims.push_back(b.getAffineDimExpr(dim));
  }
  AffineMap keptMap = AffineMap::get(sizes.size(), 0, keptDims, b.getContext());
  SmallVector<AffineMap> maps(inputs.size() + 1, keptMap);
  maps.front() = b.getMultiDimIdentityMap(sizes.size());

  Value init = b.fill(kept, b.constant(identity));
  auto generic = linalg::GenericOp::create(
      b, init.getType(), inputs, init, maps, iterators,
      [&](OpBuilder &nested, Location loc, ValueRange arguments) {
        ImplicitLocOpBuilder body_b(loc, nested);
        linalg::YieldOp::create(body_b, body(body_b, arguments));
      });
  b.setSizes(generic.getResult(0), kept);
  return generic.getResult(0);
}

/// Terms that are added one after the other into one number of f32.
static constexpr int64_t kMaxChain = 256;

/// Whether a chain of additions over `axes` may be longer than kMaxChain. Along
/// the innermost dimension a register adds many chains at a time.
static bool isLong(ArrayRef<OpFoldResult> sizes, ArrayRef<int64_t> axes) {
  constexpr int64_t kChains = 16;
  int64_t length = 1;
  bool hasInnermost = false;
  for (int64_t axis : axes) {
    std::optional<int64_t> size = constantSize(sizes[axis]);
    if (!size || llvm::MulOverflow(length, *size, length))
      return true;
    hasInnermost |= axis == static_cast<int64_t>(sizes.size()) - 1;
  }
  return length > (hasInnermost ? kChains * kMaxChain : kMaxChain);
}

Value mlir::dilated::emitSum(GraphBuilder &b, ValueRange inputs,
                             ArrayRef<int64_t> axes, ScalarBody term) {
  Type wide = computeType(elementTypeOf(inputs.front())), sum = wide;
  if (isa<FloatType>(wide) && isLong(b.sizes(inputs.front()), axes))
    sum = b.getF64Type();
  Value result = emitReduction(
      b, inputs, axes, numberAttr(sum, 0),
      [&](ImplicitLocOpBuilder &b, ValueRange x) {
        Value added = buildConversion(b, term(b, x.drop_back()), sum);
        return isa<FloatType>(sum)
                   ? b.createOrFold<arith::AddFOp>(added, x.back())
                   : b.createOrFold<arith::AddIOp>(added, x.back());
      });
  return emitRounded(b, result, wide);
}
