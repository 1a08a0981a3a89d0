//===- MergeCounters.cpp - summing what host threads counted ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Block.h"

using namespace dilated::emulator;

InstructionCounts &
InstructionCounts::operator+=(const InstructionCounts &other) {
  warps += other.warps;
  lanes += other.lanes;
  divergences += other.divergences;
  sectors += other.sectors;
  wavefronts += other.wavefronts;
  idealWavefronts += other.idealWavefronts;
  return *this;
}

void dilated::emulator::mergeCounters(const ModuleData &module,
                                      const std::vector<RawCounters> &parts,
                                      Counters &counters) {
  for (const RawCounters &part : parts) {
    for (unsigned s = 0; s < numCountedSpaces; ++s) {
      counters.bytesRead[s] += part.bytesRead[s];
      counters.bytesWritten[s] += part.bytesWritten[s];
    }
    counters.globalRequests += part.globalRequests;
    counters.globalSectors += part.globalSectors;
    counters.sharedRequests += part.sharedRequests;
    counters.sharedWavefronts += part.sharedWavefronts;
    counters.sharedIdealWavefronts += part.sharedIdeal;
    counters.branches += part.branches;
    counters.divergentBranches += part.divergentBranches;
    counters.barriers += part.barriers;
    counters.matrixFlops += part.flops;
  }
  for (const Function &function : module.functions)
    for (const Instruction &i : function.code) {
      if (i.control == Control::End)
        continue;
      LineCounters line;
      line.line = i.line;
      for (const RawCounters &part : parts)
        line += part.instructions[i.counter];
      counters.warpInstructions += line.warps;
      counters.laneInstructions += line.lanes;
      counters.warpByClass[unsigned(i.instructionClass)] += line.warps;
      counters.laneByClass[unsigned(i.instructionClass)] += line.lanes;
      counters.lines.push_back(line);
    }
}
