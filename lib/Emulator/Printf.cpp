//===- Printf.cpp - vprintf of the device -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include "Warp.h"

#include <bit>
#include <cstdio>

using namespace dilated::emulator;

namespace {

/// Walks a format string and the buffer of arguments that nvcc lays out: each
/// one aligned to its size, numbers of 4 or 8 bytes, floats as doubles.
class Formatter {
public:
  Formatter(const Warp &warp, unsigned lane, uint64_t arguments)
      : warp(warp), lane(lane), arguments(arguments) {}

  /// False when a string or an argument lies outside of memory.
  bool run(uint64_t format, std::string &out) {
    std::string text;
    if (!readString(format, text))
      return false;
    for (size_t at = 0; at < text.size();) {
      if (text[at] != '%') {
        out += text[at++];
        continue;
      }
      if (at + 1 < text.size() && text[at + 1] == '%') {
        out += '%';
        at += 2;
        continue;
      }
      if (!convert(text, at, out))
        return false;
    }
    return true;
  }

private:
  bool readString(uint64_t address, std::string &text) {
    for (unsigned n = 0; n < 65536; ++n) {
      const std::byte *at = warp.resolve(Space::Generic, address + n, 1, lane);
      if (!at)
        return false;
      if (*at == std::byte(0))
        return true;
      text += char(*at);
    }
    return false;
  }

  bool take(unsigned bytes, uint64_t &value) {
    offset = (offset + bytes - 1) / bytes * bytes;
    const std::byte *at =
        warp.resolve(Space::Generic, arguments + offset, bytes, lane);
    if (!at)
      return false;
    value = 0;
    std::memcpy(&value, at, bytes);
    offset += bytes;
    return true;
  }

  /// Is the character at `at` one of `set`?
  static bool isAt(const std::string &text, size_t at, const char *set) {
    return at < text.size() && text[at] && std::strchr(set, text[at]);
  }

  /// Flags, width and precision behind a percent sign; the sign alone where
  /// they are longer than any that mean something.
  bool takeFlags(const std::string &text, size_t &at, std::string &flags) {
    flags = "%";
    for (; isAt(text, at, "-+ #0123456789.*"); ++at) {
      uint64_t width;
      if (text[at] != '*') {
        flags += text[at];
        continue;
      }
      if (!take(4, width))
        return false;
      flags += std::to_string(int32_t(width));
    }
    if (flags.size() > 32)
      flags.resize(1);
    return true;
  }

  bool convert(const std::string &text, size_t &at, std::string &out) {
    size_t begin = at++;
    std::string flags;
    if (!takeFlags(text, at, flags))
      return false;
    unsigned longs = 0;
    for (; isAt(text, at, "hlzjtL"); ++at)
      longs += isAt(text, at, "lzjt");
    if (at == text.size()) {
      out.append(text, begin);
      return true;
    }
    char kind = text[at++];
    uint64_t bits = 0;
    char buffer[512];
    int length = -1;
    switch (kind) {
    case 'd':
    case 'i':
      if (!take(longs ? 8 : 4, bits))
        return false;
      length = print(buffer, flags + "lld",
                     longs ? (long long)(bits) : (long long)(int32_t(bits)));
      break;
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      if (!take(longs ? 8 : 4, bits))
        return false;
      length = print(buffer, flags + "ll" + kind, (unsigned long long)(bits));
      break;
    case 'c':
      if (!take(4, bits))
        return false;
      length = print(buffer, flags + kind, int(bits));
      break;
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      if (!take(8, bits))
        return false;
      length = print(buffer, flags + kind, std::bit_cast<double>(bits));
      break;
    case 'p':
      if (!take(8, bits))
        return false;
      length = print(buffer, "0x%llx", (unsigned long long)(bits));
      break;
    case 's': {
      std::string value;
      if (!take(8, bits) || !readString(bits, value))
        return false;
      out += value;
      return true;
    }
    default:
      out.append(text, begin, at - begin);
      return true;
    }
    if (length > 0)
      out.append(buffer, std::min<size_t>(size_t(length), sizeof(buffer) - 1));
    return true;
  }

  template <typename T>
  static int print(char (&buffer)[512], const std::string &format, T value) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return std::snprintf(buffer, sizeof(buffer), format.c_str(), value);
#pragma GCC diagnostic pop
  }

  const Warp &warp;
  unsigned lane;
  uint64_t arguments, offset = 0;
};

} // namespace

void Warp::printFormatted(const Instruction &i, uint32_t lanes) {
  const Operand &arguments = operand(i, 2);
  if (arguments.count < 2)
    return report(i, ReportKind::InvalidInstruction, lanes,
                  "vprintf takes a format and its arguments");
  auto pointer = [&](unsigned n, unsigned lane, uint64_t &value) {
    const Operand &each = element(arguments, n);
    value = 0;
    if (each.kind == OperandKind::Symbol) {
      const std::byte *at =
          resolve(Space::Local, symbolAddress(each.symbol), 8, lane);
      if (at)
        std::memcpy(&value, at, 8);
      return at != nullptr;
    }
    uint64_t bits[warpSize];
    sourceBits(each, bits);
    value = bits[lane];
    return true;
  };
  uint32_t failed = 0, printed = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(lanes >> lane & 1))
      continue;
    uint64_t format, buffer;
    std::string text;
    if (pointer(0, lane, format) && pointer(1, lane, buffer) &&
        Formatter(*this, lane, buffer).run(format, text)) {
      block.output += text;
      printed |= 1u << lane;
    } else {
      failed |= 1u << lane;
    }
  }
  if (failed)
    report(i, ReportKind::OutOfBounds, failed,
           "printf reads its format or an argument outside of memory");
  // The number of arguments is the result; who asks gets 0.
  const Operand &results = operand(i, 0);
  for (uint32_t n = 0; n < results.count; ++n) {
    const Operand &each = element(results, n);
    if (each.kind == OperandKind::Symbol &&
        block.state.module->symbols[each.symbol].space == Space::Local) {
      const Variable &variable = block.state.module->symbols[each.symbol];
      for (unsigned lane = 0; lane < warpSize; ++lane) {
        if (!(lanes >> lane & 1))
          continue;
        size_t at =
            size_t(lane) * localStride + frame->localBase + variable.offset;
        std::memset(&local[at], 0, variable.bytes);
        std::fill_n(localDefined.begin() + at, variable.bytes, 1);
      }
    } else if (each.kind == OperandKind::Register) {
      uint64_t zero[warpSize] = {};
      active = lanes;
      writeBits(each, zero);
      frame->defined[each.slot] |= lanes;
    }
  }
}
