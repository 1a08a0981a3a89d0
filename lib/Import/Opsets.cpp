//===- Opsets.cpp - the versions that a model imports -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An operator means what its version says, so a version that nobody has read is
// refused rather than taken for the newest one known.
//
//===----------------------------------------------------------------------===//

#include "Opsets.h"

#include "Report.h"
#include "dilated-mlir/Import/OnnxImport.h"

using namespace mlir;
using namespace mlir::dilated;

StringRef mlir::dilated::canonicalDomain(StringRef domain) {
  return domain == "ai.onnx" ? StringRef() : domain;
}

std::string mlir::dilated::qualifiedName(StringRef domain, StringRef name) {
  domain = canonicalDomain(domain);
  return domain.empty() ? name.str() : (domain + "::" + name).str();
}

static std::string describeDomain(StringRef domain) {
  return domain.empty() ? std::string("the default domain (ai.onnx)")
                        : ("domain '" + domain + "'").str();
}

OpsetImports::OpsetImports(const Entries &entries) {
  for (const auto &entry : entries)
    versions.try_emplace(canonicalDomain(entry.domain()), entry.version());
}

std::optional<int64_t> OpsetImports::getVersion(StringRef domain) const {
  auto found = versions.find(canonicalDomain(domain));
  if (found == versions.end())
    return std::nullopt;
  return found->second;
}

void OpsetImports::reportDuplicates(const Entries &entries,
                                    const llvm::Twine &owner, Report &report) {
  llvm::StringMap<int64_t> seen;
  for (const auto &entry : entries) {
    StringRef domain = canonicalDomain(entry.domain());
    auto [found, inserted] = seen.try_emplace(domain, entry.version());
    if (!inserted)
      report.error(owner + " imports " + describeDomain(domain) +
                   " twice, at versions " + llvm::Twine(found->second) +
                   " and " + llvm::Twine(entry.version()));
  }
}

void OpsetImports::reportUnreadVersions(const llvm::Twine &owner,
                                        Report &report) const {
  for (const auto &entry : versions) {
    StringRef domain = entry.getKey();
    int64_t version = entry.getValue();
    int64_t oldest = 1, newest = std::numeric_limits<int64_t>::max();
    if (domain.empty()) {
      oldest = OnnxVersions::oldestOpset;
      newest = OnnxVersions::newestOpset;
    } else if (domain == "org.dilated_mlir") {
      oldest = newest = OnnxVersions::dilatedOpset;
    }
    if (version >= oldest && version <= newest)
      continue;
    std::string message = (owner + " imports version " + llvm::Twine(version) +
                           " of " + describeDomain(domain))
                              .str();
    if (oldest == newest)
      report.error(message + ", but only version " + llvm::Twine(oldest) +
                   " is read");
    else if (newest == std::numeric_limits<int64_t>::max())
      report.error(message + ", but versions start at 1");
    else
      report.error(message + ", but versions " + llvm::Twine(oldest) + " to " +
                   llvm::Twine(newest) + " are read");
  }
}
