// RUN: not dilated-opt %s --dilated-verify-phase=phase=parse 2>&1 | FileCheck %s
// CHECK: unknown phase 'parse', expected one of import, graph, branches, fused, kernel, llvm
module {}
