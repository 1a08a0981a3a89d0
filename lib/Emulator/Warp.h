//===- Warp.h - 32 lanes that run together ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A warp is a set of fragments: lanes at one instruction of one frame. It has
// one fragment until a branch splits it; the parts meet again at the branch's
// immediate post-dominator. A fragment that waits there, at a barrier or for
// the members of a .sync instruction lets the others run, so that threads make
// progress on their own, as since compute capability 7.0.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_WARP_H
#define DILATED_LIB_EMULATOR_WARP_H

#include "Instruction.h"
#include "SharedShadow.h"

#include <array>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace dilated::emulator {

class Block;
struct Barrier;

/// Undefined bits of one register; lanes without any have 0.
struct UndefinedBits {
  std::array<uint64_t, warpSize> bits = {};
  uint32_t originLine = 0; // where they came from
  bool fromShared = false; // shared memory that nobody wrote, not a register
};

struct AlignedDelete {
  void operator()(std::byte *p) const {
    ::operator delete[](p, std::align_val_t(64));
  }
};
using AlignedBytes = std::unique_ptr<std::byte[], AlignedDelete>;

/// The registers of one function call, for all lanes that are in it.
struct Frame {
  const Function *function = nullptr;
  Frame *caller = nullptr;
  const Instruction *site = nullptr; // the call
  uint32_t returnPc = 0;
  uint32_t lanes = 0;     // that have not returned
  uint32_t localBase = 0; // bytes into the local memory of a lane
  uint32_t carry = 0;     // the condition code register, by lane
  AlignedBytes registers;
  std::vector<uint32_t> defined; // by slot: lanes whose bits are all defined
  std::unordered_map<uint32_t, UndefinedBits> undefined; // of the other lanes
};

/// Where lanes that split meet.
struct Join {
  uint32_t pc = 0;
  Frame *frame = nullptr;
  uint32_t lanes = 0; // that have to come
  uint32_t arrived = 0;
  bool dissolved = false; // nobody waits here any more
};

enum class FragmentState : uint8_t { Ready, AtJoin, AtBarrier, AtMembers };

struct Fragment {
  uint32_t mask = 0;
  uint32_t pc = 0;
  Frame *frame = nullptr;
  std::vector<std::shared_ptr<Join>> joins;
  uint32_t joinPc = UINT32_MAX; // of the last join, if in this frame
  FragmentState state = FragmentState::Ready;
  uint32_t members = 0;        // AtMembers: who has to come
  uint32_t barrier = 0;        // AtBarrier
  uint32_t strongAccesses = 0; // since others wait for it: is it spinning?
  uint32_t yields = 0;         // to others, in front of a barrier
};

/// One cp.async of one lane that is not complete.
struct AsyncCopy {
  uint32_t lane = 0;
  uint32_t destination = 0; // in shared memory
  const std::byte *source = nullptr;
  uint32_t bytes = 0, sourceBytes = 0;
  uint32_t group = 0;
  const Instruction *instruction = nullptr;
};

class Warp {
public:
  Warp(Block &block, uint32_t index) : block(block), index(index) {}

  /// Puts `lanes` at the start of the kernel.
  void start(const Function &kernel, uint32_t lanes);

  /// Runs at most `quantum` instructions; returns how many it ran.
  uint64_t run(uint64_t quantum);

  bool isDone() const { return live == 0; }
  bool hasReady() const;
  /// Lets fragments that wait at a join go on alone. False if none waits.
  bool dissolveJoins();
  /// A barrier this warp waits at has opened.
  void release(uint32_t number, const Barrier &barrier);
  /// "threads 0-31 wait at barrier 0 (line 12)", for deadlocks.
  void describeWaiting(std::string &text) const;
  /// Ends the warp where it stands.
  void abandon();

  //===--- For handlers ---------------------------------------------------===//

  Block &block;
  const uint32_t index;
  uint32_t active = 0; // lanes that execute the instruction at hand
  uint32_t live = 0;   // lanes that have not exited
  uint32_t launched = 0;
  Frame *frame = nullptr;
  WarpClock clock;
  uint64_t executed = 0;
  uint64_t ticks = 0; // %clock: instructions so far
  std::deque<AsyncCopy> asyncCopies;
  std::array<uint32_t, warpSize> asyncGroups = {}; // committed, by lane
  std::vector<std::byte> local;                    // lane after lane
  std::vector<uint8_t> localDefined;
  uint32_t localStride = 0;
  bool sawUndefined = false; // a source of the instruction at hand is undefined

  const Operand &operand(const Instruction &i, unsigned n) const {
    return frame->function->operands[i.firstOperand + n];
  }
  const Operand &element(const Operand &vector, unsigned n) const {
    return frame->function->operands[vector.first + n];
  }

  /// The lanes of a source as T: in place where the widths agree, else in
  /// `scratch`. Lanes that are not active hold anything.
  template <typename T>
  const T *source(const Operand &operand, T *scratch) const {
    if (operand.kind == OperandKind::Register && operand.bytes == sizeof(T))
      return reinterpret_cast<const T *>(frame->registers.get() +
                                         operand.offset);
    if (operand.kind == OperandKind::Constant && operand.bytes == sizeof(T))
      return reinterpret_cast<const T *>(constants + operand.offset);
    uint64_t wide[warpSize];
    sourceBits(operand, wide);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      std::memcpy(&scratch[lane], &wide[lane], sizeof(T) < 8 ? sizeof(T) : 8);
    return scratch;
  }

  /// The bits of a source, zero-extended.
  void sourceBits(const Operand &operand, uint64_t *bits) const;

  /// Writes the active lanes; a wider register gets zero- or sign-extended
  /// bits, as the type is.
  template <typename T>
  void write(const Operand &operand, const T *values) {
    if (operand.kind != OperandKind::Register)
      return;
    if (operand.bytes == sizeof(T)) {
      T *row = reinterpret_cast<T *>(frame->registers.get() + operand.offset);
      if (active == ~0u) {
        std::memcpy(row, values, sizeof(T) * warpSize);
        return;
      }
      for (unsigned lane = 0; lane < warpSize; ++lane)
        if (active >> lane & 1)
          row[lane] = values[lane];
      return;
    }
    uint64_t wide[warpSize];
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      if constexpr (std::is_signed_v<T> && std::is_integral_v<T>) {
        wide[lane] = uint64_t(int64_t(values[lane]));
      } else {
        wide[lane] = 0;
        std::memcpy(&wide[lane], &values[lane], sizeof(T) < 8 ? sizeof(T) : 8);
      }
    }
    writeBits(operand, wide);
  }

  /// Truncates to the register.
  void writeBits(const Operand &operand, const uint64_t *bits);

  /// The lanes where a predicate is true, negation applied.
  uint32_t predicate(const Operand &operand) const;
  void writePredicate(const Operand &operand, uint32_t lanes);

  uint64_t specialValue(SpecialRegister special, unsigned lane) const;
  /// Of variables, in their own state space; of functions.
  uint64_t symbolAddress(uint32_t symbol) const;

  //===--- Reports (Report.cpp) -------------------------------------------===//

  void report(const Instruction &i, ReportKind kind, uint32_t lanes,
              std::string message) const;

  //===--- Undefined values (Undefined.cpp) -------------------------------===//

  /// Are undefined values followed at all?
  bool shadowed() const;
  /// Before the handler: reports what must not be undefined, and prepares what
  /// the results inherit.
  void propagateUndefined(const Instruction &i);
  struct UndefinedFlow;
  /// After the handler.
  void applyUndefined();
  /// Called by handlers whose results are undefined by themselves.
  void markUndefined(const Operand &result, unsigned lane, uint64_t bits,
                     uint32_t originLine, bool fromShared);
  /// Of a source; 0 when all bits are defined.
  uint64_t undefinedBits(const Operand &operand, unsigned lane) const;
  const UndefinedBits *undefinedOrigin(const Operand &operand) const;
  void reportUndefined(const Instruction &i, const Operand &operand,
                       uint32_t lanes, const char *use) const;

  /// The host address of memory that a lane may touch, or null: no reports and
  /// no counts. `address` is in `space`.
  std::byte *resolve(Space space, uint64_t address, uint64_t bytes,
                     unsigned lane) const;
  void printFormatted(const Instruction &i, uint32_t lanes); // Printf.cpp

  uint32_t threadOf(unsigned lane) const { return index * warpSize + lane; }
  void ensureLocal(uint32_t bytes);

private:
  bool othersMayExit(Fragment &fragment);
  Fragment *chooseReady();
  uint64_t runFragment(size_t at, uint64_t quantum);
  /// An instruction that may change where the fragment goes on. Returns whether
  /// it goes on now.
  bool transferControl(Fragment &f, const Instruction &i, uint32_t lanes);
  void branch(Fragment &f, const Instruction &i, uint32_t lanes);
  bool leaveKernel(Fragment &f, uint32_t lanes);
  void split(Fragment &fragment, uint32_t join, uint32_t otherMask,
             uint32_t otherPc);
  void refreshJoin(Fragment &fragment);
  bool arriveAtJoin(Fragment &fragment);
  void releaseJoin(const std::shared_ptr<Join> &join);
  void exitLanes(uint32_t lanes);
  void leaveFrame(Fragment &fragment);
  void branchIndexed(Fragment &fragment, const Instruction &i);
  void call(Fragment &fragment, const Instruction &i, uint32_t lanes);
  void callExternal(const Function &callee, const Instruction &i,
                    uint32_t lanes);
  void copyArgument(const Operand &from, const Frame &fromFrame,
                    const Operand &to, Frame &toFrame, uint32_t lanes);
  bool waitForMembers(Fragment &fragment, const Instruction &i);
  bool waitAtWarpBarrier(Fragment &fragment, const Instruction &i,
                         uint32_t lanes);
  void execute(const Instruction &i, uint32_t lanes);
  void executeGroups(const Instruction &i, uint32_t lanes);
  uint32_t gatherMembers(const Instruction &i, const Operand &masks,
                         uint32_t lanes, ReportKind kind) const;
  void checkGuard(const Instruction &i, uint32_t lanes);
  void enterBarrier(Fragment &fragment, const Instruction &i, uint32_t lanes);
  Frame *makeFrame(const Function &function);
  void removeDead();

  const std::byte *constants = nullptr;
  std::vector<std::unique_ptr<Fragment>> fragments;
  size_t next = 0; // round robin
  std::vector<std::unique_ptr<Frame>> frames;
  std::unordered_map<const Function *, std::vector<Frame *>> freeFrames;
  bool dissolvedAny = false;
  struct PendingUndefined {
    uint32_t slot;
    UndefinedBits bits;
  };
  std::vector<PendingUndefined> pendingUndefined;
  friend class Block;
};

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_WARP_H
