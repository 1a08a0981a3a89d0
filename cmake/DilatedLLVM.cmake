# Finds LLVM/MLIR 22 and says in one sentence what to do when it is not there.
# Debian's packages put it in /usr/lib/llvm-22; MLIR_DIR names another place.

set(DILATED_LLVM_MAJOR 22)
find_package(MLIR CONFIG QUIET HINTS /usr/lib/llvm-${DILATED_LLVM_MAJOR}/lib/cmake/mlir)
if(NOT MLIR_FOUND)
  message(FATAL_ERROR
    "MLIR ${DILATED_LLVM_MAJOR} was not found. Install libmlir-22-dev, mlir-22-tools, "
    "llvm-22-dev (Debian 12, bookworm-security), or set MLIR_DIR to the folder of "
    "MLIRConfig.cmake.")
endif()
if(NOT LLVM_VERSION_MAJOR EQUAL DILATED_LLVM_MAJOR)
  message(FATAL_ERROR
    "dilated-mlir needs LLVM/MLIR ${DILATED_LLVM_MAJOR}, but MLIR_DIR "
    "(${MLIR_DIR}) holds version ${LLVM_PACKAGE_VERSION}. Set MLIR_DIR to an "
    "MLIR ${DILATED_LLVM_MAJOR} installation.")
endif()
message(STATUS "Using LLVM/MLIR ${LLVM_PACKAGE_VERSION} in ${MLIR_DIR}")

list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
separate_arguments(LLVM_DEFINITIONS_LIST NATIVE_COMMAND "${LLVM_DEFINITIONS}")
add_definitions(${LLVM_DEFINITIONS_LIST})

# add_mlir_doc writes below this folder, which LLVM's own build sets.
set(MLIR_BINARY_DIR ${PROJECT_BINARY_DIR})
