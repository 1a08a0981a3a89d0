# One module per place where a model can be broken.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
